//! What the API promises of every RPC, one file for each promise; which RPCs a promise is for, the contract says.

mod cancels;
mod contract;
mod day;
mod deadlines;
mod etags;
mod fields;
mod filters;
mod idempotency;
mod kills;
mod malformed;
mod masks;
mod money;
mod newcomers;
mod pages;
mod ready;
mod refused;
mod rest;
mod rows;
mod validators;

use anyhow::{Context, Result};
use portal_client::{Client, pb};
use prost_reflect::DynamicMessage;
use tenantry_tests::{Database, Harness, Process, Site, accept, make};

use crate::matrix::{
    contract::{Rpc, rpcs},
    raw::{Answer, Wire},
    world::{Owned, sign_in},
};

/// The RPCs that have a field in the request: those that [`contract`] says have to.
fn with_field(name: &str) -> Result<Vec<Rpc>> {
    let found: Vec<_> = rpcs()?.into_iter().filter(|rpc| rpc.portal().is_some() && rpc.has(name)).collect();
    anyhow::ensure!(!found.is_empty(), "no RPC has {name}");
    Ok(found)
}

/// The message in an answer.
fn message(rpc: &Rpc, answer: &Answer) -> Result<DynamicMessage> {
    anyhow::ensure!(answer.code == portal_client::Code::Ok, "{}: {}", rpc.name(), answer.short());
    Ok(DynamicMessage::decode(rpc.method.output(), answer.first()?)?)
}

/// Who answers: the server of a harness, and on PostgreSQL another process on the same database.
struct Servers {
    wires: Vec<Wire>,
    _second: Option<Process>,
    _site: Site,
}

impl Servers {
    async fn of(h: &Harness) -> Result<Self> {
        let site = Site::of_server(h).await?;
        let second = if h.database() == Database::Postgres {
            Some(site.start("").await?)
        } else {
            None
        };
        let mut wires = vec![Wire::to(h)?];
        if let Some(second) = &second {
            wires.push(Wire::at(&second.origin)?);
        }
        Ok(Self {
            wires,
            _second: second,
            _site: site,
        })
    }

    /// Another one each time.
    fn turn(&self, turn: usize) -> &Wire {
        &self.wires[turn % self.wires.len()]
    }
}

/// Another admin of an account.
async fn colleague(h: &Harness, of: &Owned) -> Result<pb::Session> {
    let portal = of.session().portal();
    let client = Client::new(&h.origin(), portal, |_| ());
    client.begin(of.session());
    let name = format!("colleague-{}", portal_client::request_id());
    let invited = match portal {
        pb::Portal::Tenant => client.tenant().invite_user(make::user(&name, pb::Role::TenantAdmin)).await?,
        pb::Portal::Reseller => client.reseller().invite_user(make::user(&name, pb::Role::ResellerAdmin)).await?,
        _ => client.master().invite_user(make::user(&name, pb::Role::MasterAdmin)).await?,
    };
    let link = invited.invitation.context("somebody new gets a link")?.url;
    sign_in(h, &accept(&h.origin(), portal, &link).await?).await
}

/// A number that looks like chance, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }
}
