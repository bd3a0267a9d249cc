//! It runs a program, within limits, again and again, and keeps what it prints.

use std::path::Path;
use std::time::{Duration, Instant};

use tenantry::shim::client::{self, Error, Presence};
use tenantry::shim::log::{self, Stream};
use tenantry::shim::sample::Processes;
use tenantry::shim::spec::Phase;

use super::folder::{Folder, TENANTRY, runs, until};

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
