//! The shim with real processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tenantry::shim::client::{self, Error, Presence};
use tenantry::shim::log::{self, Stream};
use tenantry::shim::sample::Processes;
use tenantry::shim::spec::{Phase, Spec, State};

const TENANTRY: &str = env!("CARGO_BIN_EXE_tenantry");

/// A run folder whose processes end with the test, also a failed one.
struct Folder {
    root: TempDir,
    run: PathBuf,
}

impl Folder {
    fn new(script: &str) -> Self {
        Self::at("run", script)
    }

    fn at(name: &str, script: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join(name);
        std::fs::create_dir_all(&run).unwrap();
        let folder = Self { root, run };
        folder.change(|spec| spec.args = vec!["-c".into(), script.into()]);
        folder
    }

    fn change(&self, change: impl FnOnce(&mut Spec)) {
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

    async fn spawn(&self) -> State {
        client::spawn(Path::new(TENANTRY), &self.run).await.unwrap();
        client::status(&self.run).await.unwrap()
    }

    fn state(&self) -> State {
        State::read(&self.run).unwrap().unwrap()
    }

    fn texts(&self, stream: Stream) -> Vec<String> {
        let lines = log::read(&self.root.path().join("logs"), 0, 10_000).unwrap();
        lines
            .into_iter()
            .filter(|line| line.stream == stream)
            .map(|line| line.text)
            .collect()
    }

    async fn printed(&self, text: &str) {
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

async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "This never came: {what}.");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).ok();
}

fn runs(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[tokio::test]
async fn it_starts_logs_measures_and_stops() {
    let folder = Folder::new("echo $GREETING; echo trouble >&2; echo \"path ${PATH:+set} home ${HOME-unset}\"; exec sleep 600");
    let state = folder.spawn().await;
    assert_eq!((state.phase, state.generation, state.restarts), (Phase::Running, 1, 0));
    assert_eq!(state, folder.state());
    folder.printed("path set home unset").await;
    assert_eq!(folder.texts(Stream::Out)[0], "hello");
    assert_eq!(folder.texts(Stream::Err), ["trouble"]);
    let usage = Processes::look().unwrap().usage(&state).unwrap();
    assert_eq!((usage.processes, usage.threads), (1, 1));
    assert!(usage.resident_bytes > 0 && usage.open_files >= 3, "{usage:?}");
    let Presence::Alive(pids) = client::absent(&folder.run).unwrap() else {
        panic!("It runs.")
    };
    assert_eq!(pids.len(), 2);

    client::stop(&folder.run).await.unwrap();
    assert_eq!(client::absent(&folder.run).unwrap(), Presence::Absent);
    assert_eq!(Processes::look().unwrap().usage(&state), None);
    let state = folder.state();
    assert_eq!(state.phase, Phase::Stopped);
    assert_eq!(state.last_exit().unwrap().signal, Some(15));
    assert!(matches!(client::status(&folder.run).await, Err(Error::NotRunning(_))));
    assert_eq!(client::adopt(&folder.run).await.unwrap(), None);
    // Stopping what is stopped is fine.
    client::stop(&folder.run).await.unwrap();
}

#[tokio::test]
async fn a_crash_loop_backs_off_and_keeps_exit_codes() {
    let folder = Folder::new("echo run; exit 7");
    folder.spawn().await;
    let began = Instant::now();
    until("three restarts", async || folder.state().restarts == 3).await;
    // 1 + 2 + 4 seconds.
    assert!((6..15).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let state = client::status(&folder.run).await.unwrap();
    assert!(state.exits.len() >= 3 && state.exits.iter().all(|exit| exit.code == Some(7)));
    until("the fourth exit", async || folder.state().phase == Phase::Backoff).await;
    let waiting = folder.state();
    assert!(waiting.next_start_at.unwrap() > waiting.last_exit().unwrap().at);
    // A stop ends a back-off at once.
    let began = Instant::now();
    client::stop(&folder.run).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(folder.texts(Stream::Out).len(), 4);
}

#[tokio::test]
async fn a_program_that_is_not_there_backs_off_too() {
    let folder = Folder::new("");
    folder.change(|spec| spec.program = "/nonexistent/program".into());
    folder.spawn().await;
    until("an exit", async || {
        folder.state().last_exit().is_some_and(|exit| exit.code == Some(127))
    })
    .await;
    assert!(folder.texts(Stream::Err)[0].contains("/nonexistent/program"));
    // A restart takes the spec as it is now, and does not wait.
    folder.change(|spec| {
        spec.program = "/bin/sh".into();
        spec.args = vec!["-c".into(), "exec sleep 600".into()];
        spec.generation = 2;
    });
    let state = client::restart(&folder.run).await.unwrap();
    assert_eq!((state.phase, state.generation), (Phase::Running, 2));
}

#[tokio::test]
async fn a_restart_replaces_the_program() {
    let folder = Folder::new("echo up; exec sleep 600");
    let before = folder.spawn().await;
    let after = client::restart(&folder.run).await.unwrap();
    assert_eq!((after.phase, after.restarts, after.shim), (Phase::Running, 0, before.shim));
    assert_ne!(after.child, before.child);
    assert!(!runs(before.child.unwrap().pid));
    std::fs::write(folder.run.join("spec.json"), "{").unwrap();
    assert!(matches!(
        client::restart(&folder.run).await,
        Err(Error::Io { .. } | Error::Refused(_))
    ));
    assert!(runs(after.child.unwrap().pid));
}

#[tokio::test]
async fn a_child_that_ignores_sigterm_is_killed() {
    let folder = Folder::new("trap '' TERM; echo ready; while :; do sleep 1; done");
    folder.change(|spec| spec.stop_timeout_seconds = 1);
    folder.spawn().await;
    folder.printed("ready").await;
    let began = Instant::now();
    client::stop(&folder.run).await.unwrap();
    assert!((900..4000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    assert_eq!(folder.state().last_exit().unwrap().signal, Some(9));
}

#[tokio::test]
async fn kill_does_not_wait() {
    let folder = Folder::new("trap '' TERM; echo ready; while :; do sleep 1; done");
    folder.spawn().await;
    folder.printed("ready").await;
    let began = Instant::now();
    client::kill(&folder.run).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_eq!(folder.state().last_exit().unwrap().signal, Some(9));
}

#[tokio::test]
async fn grandchildren_end_too_even_in_a_session_of_their_own() {
    let folder = Folder::new("sleep 601 & echo $!; setsid sleep 602 & sleep 0.3; echo $!; echo ready; wait");
    folder.spawn().await;
    folder.printed("ready").await;
    let pids: Vec<i32> = folder.texts(Stream::Out).iter().filter_map(|line| line.parse().ok()).collect();
    assert!(pids.len() == 2 && pids.iter().all(|pid| runs(*pid)));
    client::stop(&folder.run).await.unwrap();
    assert!(!pids.iter().any(|pid| runs(*pid)));
}

#[tokio::test]
async fn orphans_are_gone_before_the_next_run() {
    let folder = Folder::new("sleep 603 & echo $!; exit 3");
    folder.spawn().await;
    until("an exit", async || folder.state().last_exit().is_some()).await;
    assert!(!runs(folder.texts(Stream::Out)[0].parse().unwrap()));
}

#[tokio::test]
async fn limits_bind_the_program_and_not_the_shim() {
    let script =
        "ulimit -n; ulimit -d; ulimit -c; dd if=/dev/zero of=/dev/null bs=100M count=1 && echo allocated; echo code $?; exec sleep 600";
    let folder = Folder::new(script);
    folder.change(|spec| spec.memory_limit_bytes = 64 << 20);
    let state = folder.spawn().await;
    folder.printed("code 1").await;
    assert_eq!(folder.texts(Stream::Out)[..3], ["64", "65536", "0"]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", state.shim.pid)).unwrap();
    assert!(
        limits
            .lines()
            .any(|line| line.starts_with("Max data size") && line.contains("unlimited")),
        "{limits}"
    );
    // The same allocation works where the limit allows it.
    folder.change(|spec| spec.memory_limit_bytes = 256 << 20);
    client::restart(&folder.run).await.unwrap();
    folder.printed("allocated").await;
}

#[tokio::test]
async fn a_folder_with_a_long_path_works() {
    let folder = Folder::at(&format!("{}/{}", "a".repeat(120), "b".repeat(120)), "exec sleep 600");
    assert!(folder.run.as_os_str().len() > 200);
    folder.spawn().await;
    assert_eq!(client::adopt(&folder.run).await.unwrap().unwrap().phase, Phase::Running);
    client::stop(&folder.run).await.unwrap();
}

#[tokio::test]
async fn a_second_shim_is_refused() {
    let folder = Folder::new("exec sleep 600");
    let first = folder.spawn().await;
    let error = client::spawn(Path::new(TENANTRY), &folder.run).await.unwrap_err();
    assert!(matches!(&error, Error::NotStarted(why) if why.contains("Another shim")), "{error}");
    assert_eq!(client::status(&folder.run).await.unwrap(), first);
}

#[tokio::test]
async fn a_spec_that_cannot_be_used_says_why() {
    let folder = Folder::new("");
    folder.change(|spec| spec.log_dir = "logs".into());
    let error = client::spawn(Path::new(TENANTRY), &folder.run).await.unwrap_err().to_string();
    assert!(error.contains("log_dir"), "{error}");
    assert_eq!(client::absent(&folder.run).unwrap(), Presence::Absent);
}

#[tokio::test]
async fn a_killed_shim_takes_its_program_along_and_the_next_one_cleans_up() {
    let folder = Folder::new("sleep 604 & echo $!; exec sleep 600");
    let state = folder.spawn().await;
    until("the grandchild's number", async || !folder.texts(Stream::Out).is_empty()).await;
    let grandchild: i32 = folder.texts(Stream::Out)[0].parse().unwrap();
    send(state.shim.pid, Signal::KILL);
    until("the program is gone", async || !runs(state.child.unwrap().pid)).await;
    assert_eq!(client::adopt(&folder.run).await.unwrap(), None);
    assert_eq!(client::absent(&folder.run).unwrap(), Presence::Alive(vec![grandchild]));
    let next = folder.spawn().await;
    assert!(!runs(grandchild));
    assert_ne!(next.shim, state.shim);
    // Numbers go on after those of the first shim.
    let lines = log::tail(&folder.root.path().join("logs"), 1).unwrap();
    assert!(lines[0].seq >= 3, "{lines:?}");
    // A stop cleans up as well.
    until("another grandchild", async || folder.texts(Stream::Out).len() == 2).await;
    send(next.shim.pid, Signal::KILL);
    until("the shim is gone", async || !runs(next.shim.pid)).await;
    client::stop(&folder.run).await.unwrap();
    assert_eq!(client::absent(&folder.run).unwrap(), Presence::Absent);
}

#[tokio::test]
async fn a_process_with_the_same_number_is_not_the_shim() {
    let folder = Folder::new("exec sleep 600");
    let state = folder.spawn().await;
    client::stop(&folder.run).await.unwrap();
    // As if this test's process had got the numbers of the shim and of the program.
    let own = std::process::id();
    let text = serde_json::to_string(&state).unwrap();
    let forged = [state.shim.pid, state.child.unwrap().pid].iter().fold(text, |text, pid| {
        text.replace(&format!("\"pid\":{pid},"), &format!("\"pid\":{own},"))
    });
    std::fs::write(folder.run.join("state.json"), forged).unwrap();
    assert_eq!(folder.state().shim.pid, i32::try_from(own).unwrap());
    assert_eq!(client::adopt(&folder.run).await.unwrap(), None);
    assert_eq!(client::absent(&folder.run).unwrap(), Presence::Absent);
}

#[tokio::test]
async fn a_shim_whose_folder_was_removed_is_found_and_ended_in_order() {
    let folder = Folder::new("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done");
    let state = folder.spawn().await;
    folder.printed("ready").await;
    std::fs::remove_dir_all(&folder.run).unwrap();
    assert_eq!(client::adopt(&folder.run).await.unwrap(), None);
    let Presence::Alive(pids) = client::absent(&folder.run).unwrap() else {
        panic!("It runs.")
    };
    assert!(
        pids.contains(&state.shim.pid) && pids.contains(&state.child.unwrap().pid),
        "{pids:?}"
    );
    client::stop(&folder.run).await.unwrap();
    assert_eq!(client::absent(&folder.run).unwrap(), Presence::Absent);
    assert!(folder.texts(Stream::Out).contains(&"bye".to_owned()));

    // One that can hear nothing is killed, and so is what it runs.
    std::fs::create_dir_all(&folder.run).unwrap();
    folder.change(|spec| spec.args = vec!["-c".into(), "sleep 605 & echo up; exec sleep 600".into()]);
    let state = folder.spawn().await;
    folder.printed("up").await;
    send(state.shim.pid, Signal::STOP);
    std::fs::remove_dir_all(&folder.run).unwrap();
    client::kill(&folder.run).await.unwrap();
    assert_eq!(client::absent(&folder.run).unwrap(), Presence::Absent);
    assert!(!runs(state.shim.pid) && !runs(state.child.unwrap().pid));
}

#[tokio::test]
async fn a_damaged_state_is_none() {
    let folder = Folder::new("exec sleep 600");
    let first = folder.spawn().await;
    std::fs::write(folder.run.join("state.json"), "").unwrap();
    std::fs::write(folder.run.join("spec.json"), "{").unwrap();
    assert_eq!(client::adopt(&folder.run).await.unwrap(), None);
    assert_ne!(client::absent(&folder.run).unwrap(), Presence::Absent);
    client::stop(&folder.run).await.unwrap();
    assert_eq!(client::absent(&folder.run).unwrap(), Presence::Absent);
    assert!(!runs(first.shim.pid));
    std::fs::write(folder.run.join("state.json"), "{\"boot_id\":").unwrap();
    std::fs::remove_file(folder.run.join("spec.json")).unwrap();
    folder.change(|spec| spec.args = vec!["-c".into(), "exec sleep 600".into()]);
    assert_eq!(folder.spawn().await.phase, Phase::Running);
}

#[tokio::test]
async fn a_stopped_shim_process_is_reaped() {
    let folder = Folder::new("exec sleep 600");
    let state = folder.spawn().await;
    client::stop(&folder.run).await.unwrap();
    until("the zombie is gone", async || {
        !Path::new(&format!("/proc/{}", state.shim.pid)).exists()
    })
    .await;
}

#[tokio::test]
async fn sigterm_to_the_shim_stops_the_program_in_order() {
    let folder = Folder::new("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done");
    let state = folder.spawn().await;
    folder.printed("ready").await;
    send(state.shim.pid, Signal::TERM);
    until("all is gone", async || client::absent(&folder.run).unwrap() == Presence::Absent).await;
    assert_eq!(folder.state().phase, Phase::Stopped);
    assert_eq!(folder.state().last_exit().unwrap().code, Some(0));
    assert!(folder.texts(Stream::Out).contains(&"bye".to_owned()));
}

#[tokio::test]
async fn much_output_rolls_and_is_read_by_number() {
    let folder = Folder::new("yes \"$(printf '%0400d' 1)\" | head -n 50000; echo end; exec sleep 600");
    folder.spawn().await;
    let logs = folder.root.path().join("logs");
    until("the end is logged", async || {
        log::tail(&logs, 1).unwrap().iter().any(|line| line.text == "end")
    })
    .await;
    let segments = std::fs::read_dir(&logs).unwrap().count();
    assert_eq!(segments, 4);
    let last = log::tail(&logs, 1).unwrap()[0].seq;
    assert_eq!(last, 50_002);
    let lines = log::read(&logs, last - 20_000, 30_000).unwrap();
    let numbers: Vec<u64> = lines.iter().map(|line| line.seq).collect();
    assert_eq!(numbers, (last - 19_999..=last).collect::<Vec<_>>());
}
