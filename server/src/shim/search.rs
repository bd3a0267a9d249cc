//! Shims as `/proc` shows them. Their files are not needed for it: a run folder may have been removed under its shim.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::{Signal, kill_process};

use super::process::{self, ProcessId, Stat};
use super::spec::State;

/// The living shims of this user, each with the run folder that it was started for.
fn shims() -> io::Result<Vec<(i32, PathBuf)>> {
    let mut found = Vec::new();
    for pid in process::pids()? {
        match fs::read(format!("/proc/{pid}/cmdline")) {
            // Another user's process may say of itself what it likes.
            Ok(line) => found.extend(run_folder(&line).filter(|_| is_ours(pid)).map(|dir| (pid, dir))),
            Err(error) if process::gone(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The run folder in a shim's command line. A zombie has no command line.
fn run_folder(line: &[u8]) -> Option<PathBuf> {
    let words: Vec<&[u8]> = line.strip_suffix(b"\0")?.split(|byte| *byte == 0).collect();
    match words[..] {
        [.., b"shim", b"--dir", dir] => Some(PathBuf::from(OsStr::from_bytes(dir))),
        _ => None,
    }
}

/// Whether a process is of the user who runs this one.
fn is_ours(pid: i32) -> bool {
    fs::metadata(format!("/proc/{pid}")).is_ok_and(|process| process.uid() == rustix::process::geteuid().as_raw())
}

/// The living shims that were started for this run folder.
pub(super) fn shims_of(dir: &Path) -> io::Result<Vec<i32>> {
    let dir = std::path::absolute(dir)?;
    Ok(shims()?.into_iter().filter(|(_, of)| *of == dir).map(|(pid, _)| pid).collect())
}

/// The run folders below a folder for which a shim lives. Blocks for a few milliseconds.
pub fn run_folders_below(root: &Path) -> io::Result<Vec<PathBuf>> {
    let root = std::path::absolute(root)?;
    Ok(shims()?
        .into_iter()
        .map(|(_, dir)| dir)
        .filter(|dir| dir.starts_with(&root))
        .collect())
}

/// All that runs for this run folder: its shims, what is in their sessions, and what the state in the folder names.
pub(super) fn running(dir: &Path) -> io::Result<Vec<i32>> {
    // A shim that is just starting has written no state.
    let shims = shims_of(dir)?;
    let state = State::read(dir)?;
    if shims.is_empty() && state.is_none() {
        return Ok(shims);
    }
    let processes = process::all()?;
    let mut alive = sessions(&shims, &processes);
    if let Some(state) = state {
        let boot_id = process::boot_id()?;
        if state.boot_id == boot_id && state.shim.is_alive()? {
            alive.push(state.shim.pid);
        }
        alive.extend(state.members(&processes, &boot_id).iter().map(|process| process.id.pid));
    }
    alive.sort_unstable();
    alive.dedup();
    Ok(alive)
}

/// These shims and the living processes of their sessions, shims first.
fn sessions(shims: &[i32], processes: &[Stat]) -> Vec<i32> {
    let inside = |process: &&Stat| process.alive && shims.contains(&process.session) && !shims.contains(&process.id.pid);
    let members = processes.iter().filter(inside).map(|process| process.id.pid);
    shims.iter().copied().chain(members).collect()
}

/// Tells shims to end what they run and themselves.
pub(super) fn terminate(shims: &[i32]) -> io::Result<()> {
    signal(shims, Signal::TERM)
}

/// Kills shims and what they run; the shims first, so that they start nothing again. Answers whom: without its shim nothing leads to what is still dying.
pub(super) fn kill(shims: &[i32]) -> io::Result<Vec<ProcessId>> {
    let processes = process::all()?;
    let pids = sessions(shims, &processes);
    signal(&pids, Signal::KILL)?;
    let killed = processes.iter().filter(|process| pids.contains(&process.id.pid));
    Ok(killed.map(|process| process.id).collect())
}

fn signal(pids: &[i32], signal: Signal) -> io::Result<()> {
    for pid in pids {
        // One that ended meanwhile is no error.
        kill_process(process::number(*pid)?, signal).ok();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shim_is_known_by_its_whole_command_line() {
        let folder = |line: &str| run_folder(line.as_bytes());
        assert_eq!(folder("/bin/tenantry\0shim\0--dir\0/data/a/run\0"), Some("/data/a/run".into()));
        assert_eq!(folder("tenantry\0shim\0--launch\0{}\0"), None);
        assert_eq!(folder("grep\0shim --dir /data/a/run\0"), None);
        assert_eq!(folder("tenantry\0shim\0--dir\0/data/a/run\0--more\0"), None);
        assert_eq!(folder(""), None);
    }

    #[test]
    fn a_shim_takes_its_session_along_and_nothing_else() {
        let process = |pid, session, alive| Stat {
            id: ProcessId { pid, start_time: 1 },
            parent: 1,
            group: pid,
            session,
            alive,
            cpu_ticks: 0,
            threads: 1,
            resident_pages: 1,
        };
        let all = [
            process(11, 10, true),
            process(10, 10, true),
            process(12, 10, false),
            process(13, 13, true),
        ];
        assert_eq!(sessions(&[10], &all), [10, 11]);
        assert!(sessions(&[], &all).is_empty());
    }
}
