//! Ports of this machine: each is leased to one deployment by a row whose key is the port.

use crate::{
    cx::Cx,
    deployments::port_lease::{Column, Entity, Model},
    error::Result,
    id::{DeploymentId, TenantId},
    store::Platform,
};
use sea_orm::ColumnTrait;
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    net::{Ipv4Addr, TcpListener},
};

/// Whether nobody listens on a port.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The port that a deployment has, if it has one.
pub(super) async fn leased(cx: &Cx<Platform>, id: DeploymentId) -> Result<Option<u16>> {
    let lease = cx.db.fresh().find::<Entity>().with(Column::DeploymentId, id).first().await?;
    Ok(lease.and_then(|lease| u16::try_from(lease.port).ok()))
}

/// Leases a port that nobody listens on, another than before if the deployment had one; none if there is none left.
pub(super) async fn lease(cx: &Cx<Platform>, tenant_id: TenantId, id: DeploymentId) -> Result<Option<u16>> {
    let app = &cx.app;
    let leases = cx.db.fresh().find::<Entity>().with(Column::Node, app.node.as_str()).all().await?;
    let leased: HashSet<i64> = leases.into_iter().map(|lease| lease.port).collect();
    for port in candidates(app.settings.instance_port_first, app.settings.instance_port_last, &app.node) {
        if leased.contains(&i64::from(port)) || !is_free(port) {
            continue;
        }
        let row = Model {
            node: app.node.clone(),
            port: port.into(),
            tenant_id,
            deployment_id: id,
        };
        let won = cx
            .db
            .bookkeep(async |tx| {
                tx.erase::<Entity>(Column::DeploymentId.eq(id)).await?;
                tx.put_if_new(row).await
            })
            .await?;
        if won {
            return Ok(Some(port));
        }
    }
    Ok(None)
}

/// Gives a deployment's port back.
pub(super) async fn release(cx: &Cx<Platform>, id: DeploymentId) -> Result<()> {
    cx.db
        .bookkeep(async |tx| tx.erase::<Entity>(Column::DeploymentId.eq(id)).await)
        .await?;
    Ok(())
}

/// All ports, beginning at one that differs from node to node, so that several servers on one machine seldom want the same.
fn candidates(first: u16, last: u16, node: &str) -> impl Iterator<Item = u16> {
    let count = u32::from(last.saturating_sub(first)) + 1;
    let mut hasher = DefaultHasher::new();
    node.hash(&mut hasher);
    let start = u32::try_from(hasher.finish() % u64::from(count)).unwrap_or_default();
    (0..count).filter_map(move |step| u16::try_from(u32::from(first) + (start + step) % count).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_is_a_candidate_once() {
        let mut ports: Vec<u16> = candidates(20_000, 20_009, "node-a").collect();
        assert_ne!(ports, candidates(20_000, 20_009, "node-c").collect::<Vec<_>>());
        ports.sort_unstable();
        assert_eq!(ports, (20_000..=20_009).collect::<Vec<_>>());
        assert_eq!(candidates(65_535, 65_535, "node-a").collect::<Vec<_>>(), [65_535]);
    }

    #[test]
    fn a_port_that_somebody_listens_on_is_not_free() -> std::io::Result<()> {
        let stranger = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        let port = stranger.local_addr()?.port();
        assert!(!is_free(port));
        drop(stranger);
        assert!(is_free(port));
        Ok(())
    }
}
