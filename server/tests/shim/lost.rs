//! A shim that was killed, a folder that is gone or damaged.

use rustix::process::Signal;
use tenantry::shim::client::{self, Presence};
use tenantry::shim::log::{self, Stream};
use tenantry::shim::spec::Phase;

use super::folder::{Folder, runs, send, until};

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
