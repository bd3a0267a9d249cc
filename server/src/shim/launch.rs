//! The last step before the program: limits are set in the process that becomes it, so that they bind the program
//! and not the shim.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};
use rustix::process::{Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit};
use serde::{Deserialize, Serialize};

use super::spec::Spec;
use crate::terminal;

/// The exit code of a program whose limits cannot be set.
const LIMITS_REFUSED: i32 = 126;
/// The exit code of a program that cannot be executed, as shells use it.
const NOT_EXECUTABLE: i32 = 127;

#[derive(Serialize, Deserialize)]
struct Launch {
    shim: i32,
    program: PathBuf,
    args: Vec<String>,
    memory_limit_bytes: u64,
    max_open_files: u64,
}

/// The command that starts the spec's program under its limits; the caller adds the streams.
pub(super) fn command(spec: &Spec, shim: i32) -> io::Result<Command> {
    let launch = Launch {
        shim,
        program: spec.program.clone(),
        args: spec.args.clone(),
        memory_limit_bytes: spec.memory_limit_bytes,
        max_open_files: spec.max_open_files,
    };
    // The shim's own executable, also after the file was replaced by a newer one.
    let mut command = Command::new("/proc/self/exe");
    command.args(["shim", "--launch", &serde_json::to_string(&launch)?]).env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.envs(&spec.env).current_dir(&spec.workdir).process_group(0);
    Ok(command)
}

/// Sets the limits and becomes the program. Returns only if the arguments are not the shim's own.
pub(super) fn become_program(launch: &str) -> anyhow::Result<()> {
    let launch: Launch = serde_json::from_str(launch).context("--launch is for the shim's own use.")?;
    if let Err(error) = confine(&launch) {
        end(LIMITS_REFUSED, &format!("The limits of the program cannot be set: {error:#}."));
    }
    let error = Command::new(&launch.program).args(&launch.args).exec();
    end(NOT_EXECUTABLE, &format!("{} cannot be started: {error}.", launch.program.display()))
}

fn confine(launch: &Launch) -> anyhow::Result<()> {
    // The program never outlives its shim. A shim that died before this line cannot send the signal any more.
    set_parent_process_death_signal(Some(Signal::KILL)).context("death signal")?;
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(launch.shim) {
        bail!("the shim is gone");
    }
    rustix::thread::set_no_new_privs(true).context("no new privileges")?;
    for (resource, limit, name) in [
        (Resource::Core, 0, "core files"),
        (Resource::Nofile, launch.max_open_files, "open files"),
        (Resource::Data, launch.memory_limit_bytes, "memory"),
    ] {
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        setrlimit(resource, limit).with_context(|| format!("{name} {limit:?}"))?;
    }
    Ok(())
}

fn end(code: i32, message: &str) -> ! {
    terminal::warn(message);
    std::process::exit(code)
}
