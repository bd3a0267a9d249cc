//! Named points at which a test ends the program, to prove that what was begun is finished or undone after a restart.

/// Ends this process as `kill -9` does if the environment variable `TENANTRY_FAIL_POINT` names the point. Only in programs built with the feature `failpoints`.
#[cfg(feature = "failpoints")]
pub fn point(name: &str) {
    if std::env::var("TENANTRY_FAIL_POINT").is_ok_and(|wanted| wanted == name) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Nothing: this program was built without the feature `failpoints`.
#[cfg(not(feature = "failpoints"))]
pub fn point(_: &str) {}
