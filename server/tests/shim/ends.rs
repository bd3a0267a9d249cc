//! It ends what it runs, all of it.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tenantry::shim::client::{self, Presence};
use tenantry::shim::log::Stream;
use tenantry::shim::spec::Phase;

use super::folder::{Folder, runs, send, until};

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
