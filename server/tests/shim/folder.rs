//! A run folder with a program in it.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tenantry::shim::client::{self, Presence};
use tenantry::shim::log::{self, Stream};
use tenantry::shim::spec::{Spec, State};

pub const TENANTRY: &str = env!("CARGO_BIN_EXE_tenantry");

/// A run folder whose processes end with the test, also a failed one.
pub struct Folder {
    pub root: TempDir,
    pub run: PathBuf,
}

impl Folder {
    pub fn new(script: &str) -> Self {
        Self::at("run", script)
    }

    pub fn at(name: &str, script: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join(name);
        std::fs::create_dir_all(&run).unwrap();
        let folder = Self { root, run };
        folder.change(|spec| spec.args = vec!["-c".into(), script.into()]);
        folder
    }

    pub fn change(&self, change: impl FnOnce(&mut Spec)) {
        let mut spec = Spec::read(&self.run).unwrap_or_else(|_| Spec {
            program: "/bin/sh".into(),
            args: vec![],
            env: BTreeMap::from([("GREETING".into(), "hello".into())]),
            workdir: self.root.path().into(),
            log_dir: self.root.path().join("logs"),
            memory_limit_bytes: 256 << 20,
            max_open_files: 64,
            generation: 1,
            stop_timeout_seconds: 5,
            backoff_max_seconds: 60,
            backoff_reset_seconds: 60,
        });
        change(&mut spec);
        spec.write(&self.run).unwrap();
    }

    pub async fn spawn(&self) -> State {
        client::spawn(Path::new(TENANTRY), &self.run).await.unwrap();
        client::status(&self.run).await.unwrap()
    }

    pub fn state(&self) -> State {
        State::read(&self.run).unwrap().unwrap()
    }

    pub fn texts(&self, stream: Stream) -> Vec<String> {
        let lines = log::read(&self.root.path().join("logs"), 0, 10_000).unwrap();
        lines
            .into_iter()
            .filter(|line| line.stream == stream)
            .map(|line| line.text)
            .collect()
    }

    pub async fn printed(&self, text: &str) {
        until(&format!("the program prints {text:?}"), async || {
            self.texts(Stream::Out).iter().any(|line| line == text)
        })
        .await;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Ok(Presence::Alive(pids)) = client::absent(&self.run) {
            let own = i32::try_from(std::process::id()).unwrap();
            pids.into_iter().filter(|pid| *pid != own).for_each(|pid| send(pid, Signal::KILL));
        }
    }
}

pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "This never came: {what}.");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).ok();
}

pub fn runs(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
