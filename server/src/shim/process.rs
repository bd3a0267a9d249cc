//! Processes as `/proc` shows them.

use std::fs;
use std::io;
use std::path::Path;

use rustix::process::Pid;
use serde::{Deserialize, Serialize};

/// A process, told apart from a later one with the same number by when it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// The process number.
    pub pid: i32,
    /// When it started, in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub start_time: u64,
}

impl ProcessId {
    /// The calling process.
    pub(super) fn own() -> io::Result<Self> {
        Self::of(rustix::process::getpid().as_raw_nonzero().get())?.ok_or_else(|| io::Error::other("/proc does not show this process."))
    }

    /// The process that has this number now.
    pub(super) fn of(pid: i32) -> io::Result<Option<Self>> {
        Ok(stat(pid)?.map(|stat| stat.id))
    }

    /// Whether this very process runs. A zombie does not.
    pub(super) fn is_alive(&self) -> io::Result<bool> {
        Ok(stat(self.pid)?.is_some_and(|stat| stat.id == *self && stat.alive))
    }
}

/// One line of `/proc/PID/stat`, as far as it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    pub id: ProcessId,
    pub parent: i32,
    pub group: i32,
    pub session: i32,
    /// False for a zombie.
    pub alive: bool,
    /// User and system time, with that of children it has waited for.
    pub cpu_ticks: u64,
    pub threads: u64,
    pub resident_pages: u64,
}

/// The process with this number; none if there is none.
pub(super) fn stat(pid: i32) -> io::Result<Option<Stat>> {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(line) => parse(&line).map(Some).ok_or_else(|| {
            let text = format!("/proc/{pid}/stat has an unknown form.");
            io::Error::new(io::ErrorKind::InvalidData, text)
        }),
        Err(error) if gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All processes of this machine.
pub(super) fn all() -> io::Result<Vec<Stat>> {
    let mut processes = Vec::new();
    for pid in pids()? {
        processes.extend(stat(pid)?);
    }
    Ok(processes)
}

/// The numbers of all processes of this machine.
pub(super) fn pids() -> io::Result<Vec<i32>> {
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc")? {
        pids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(pids)
}

/// The numbers of the processes that have a folder, or one inside it, as their current one.
pub fn working_in(folder: &Path) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    for pid in pids()? {
        // A process of somebody else or one that is gone shows nothing.
        if fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|current| current.starts_with(folder)) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// The identity of this boot of the machine.
pub(super) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// A process number as the kernel's calls want it.
pub(super) fn number(pid: i32) -> io::Result<Pid> {
    // Zero and below name groups to the kernel, never one process.
    Some(pid)
        .filter(|pid| *pid > 0)
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("{pid} is no process number.")))
}

/// A process that ended between two looks: no such file, or no such process.
pub(super) fn gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// The name in brackets may hold anything, brackets and blanks included, so fields count from the last bracket.
fn parse(line: &str) -> Option<Stat> {
    let pid = line.split(' ').next()?.parse().ok()?;
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    let count = |number: usize| field(number)?.parse::<u64>().ok();
    let reference = |number: usize| field(number)?.parse::<i32>().ok();
    // The times of waited-for children are signed in the kernel's text.
    let ticks = (14..=17).map(|number| field(number)?.parse::<i64>().ok()).sum::<Option<i64>>()?;
    Some(Stat {
        id: ProcessId {
            pid,
            start_time: count(22)?,
        },
        parent: reference(4)?,
        group: reference(5)?,
        session: reference(6)?,
        alive: !matches!(field(3)?, "Z" | "X"),
        cpu_ticks: u64::try_from(ticks).ok()?,
        threads: count(20)?,
        resident_pages: count(24)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_is_read_past() {
        let line = "42 (a) S 9 (b) S 7 5 6 0 -1 4194304 100 0 0 0 1 2 3 4 20 0 8 0 69357 3133440 413 18446744073709551615";
        let stat = parse(line).unwrap();
        assert_eq!(
            stat.id,
            ProcessId {
                pid: 42,
                start_time: 69357
            }
        );
        assert_eq!((stat.parent, stat.group, stat.session), (7, 5, 6));
        assert_eq!((stat.cpu_ticks, stat.threads, stat.resident_pages), (10, 8, 413));
        assert!(stat.alive);
    }

    #[test]
    fn this_process_is_alive_and_its_namesake_is_not() {
        let own = ProcessId::own().unwrap();
        assert!(own.is_alive().unwrap());
        let namesake = ProcessId {
            start_time: own.start_time + 1,
            ..own
        };
        assert!(!namesake.is_alive().unwrap());
    }

    #[test]
    fn no_number_names_a_group() {
        assert!(number(0).is_err());
        assert!(number(-1).is_err());
    }
}
