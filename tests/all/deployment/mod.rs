//! Deployments: real instances, as their people see them.

mod adoption;
mod credentials;
mod life;
mod lost;
mod order;
mod trouble;
mod watch;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use portal_client::{Client, calls, pb};
use rustix::process::{Pid, Signal, kill_process};
use tenantry::shim::{
    client::{Presence, absent},
    spec::State,
};
use tenantry_tests::eventually;

/// The calls that both portals have, by the vendor.
async fn get(master: &calls::MasterAdmin<'_>, id: &str) -> Result<pb::Deployment> {
    Ok(master.get_deployment(pb::GetDeploymentRequest { deployment_id: id.into() }).await?)
}

/// The deployment when it has come to a state.
async fn becomes(master: &calls::MasterAdmin<'_>, id: &str, state: pb::DeploymentState) -> Result<pb::Deployment> {
    eventually(
        &format!("{state:?}"),
        async || get(master, id).await,
        |found| found.state() == state,
    )
    .await
}

async fn stop(client: &Client, id: &str) -> Result<pb::Deployment> {
    let request = pb::StopDeploymentRequest {
        deployment_id: id.into(),
        ..Default::default()
    };
    Ok(client.master().stop_deployment(request).await?)
}

async fn start(client: &Client, id: &str) -> Result<pb::Deployment> {
    let request = pb::StartDeploymentRequest {
        deployment_id: id.into(),
        ..Default::default()
    };
    Ok(client.master().start_deployment(request).await?)
}

/// The folder of a deployment.
fn folder(data_dir: &Path, id: &str) -> PathBuf {
    data_dir.join("deployments").join(id)
}

/// What the shim of a deployment says.
fn state(data_dir: &Path, id: &str) -> Result<State> {
    State::read(&folder(data_dir, id).join("run"))?.context("no shim ever ran")
}

/// The process id of an instance.
fn pid(data_dir: &Path, id: &str) -> Result<i32> {
    Ok(state(data_dir, id)?.child.context("it never ran")?.pid)
}

fn is_absent(data_dir: &Path, id: &str) -> Result<bool> {
    Ok(absent(&folder(data_dir, id).join("run"))? == Presence::Absent)
}

fn process(pid: i32) -> Result<Pid> {
    Pid::from_raw(pid).context("no process has the id 0")
}

fn kill(pid: i32) -> Result<()> {
    Ok(kill_process(process(pid)?, Signal::KILL)?)
}
