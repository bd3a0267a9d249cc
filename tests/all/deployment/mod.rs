//! Deployments: real instances, as their people see them.

mod adoption;
mod credentials;
mod life;
mod trouble;
mod watch;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use portal_client::{Client, calls, pb};
use tenantry::shim::{
    client::{Presence, absent},
    spec::State,
};
use tenantry_tests::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

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

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).expect("a process id");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
}

/// Where a deployment listens.
fn address(deployment: &pb::Deployment) -> Result<SocketAddr> {
    let (_, port) = deployment.url.trim_end_matches('/').rsplit_once(':').context("it has no port")?;
    Ok(SocketAddr::from(([127, 0, 0, 1], port.parse()?)))
}

/// What an instance answers at a path.
async fn page(deployment: &pb::Deployment, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address(deployment)?).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {}.localhost\r\nconnection: close\r\n\r\n",
        deployment.slug
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
