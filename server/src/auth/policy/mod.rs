//! May this role call this RPC: casbin's answer for every role and RPC, asked once for each policy and kept in a table.

mod check;
mod current;
mod rule;
#[cfg(test)]
mod tests;

pub use current::CurrentPolicy;

use crate::identity::{session::entity::Portal, user::membership::Role};
use anyhow::Context;
use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use prost::Message;
use rule::{ANYONE, Rule, rules};
use sea_orm::Iterable;
use std::collections::HashMap;
use tokio::{runtime::Handle, task::spawn_blocking};

/// The model.
const MODEL: &str = include_str!("../../../rbac/model.conf");

/// The policy that comes with the program.
pub const BUILT_IN: &str = include_str!("../../../rbac/policy.csv");

/// Who may call one RPC.
#[derive(Clone, Debug, PartialEq)]
struct Allowed {
    /// Everybody, without a credential.
    anyone: bool,
    /// A bit for each role, by its number.
    roles: u32,
}

/// The answers for all RPCs.
#[derive(Debug)]
pub struct Policy {
    version: i64,
    table: HashMap<String, Allowed>,
}

impl Policy {
    /// The one that comes with the program, for every RPC of the contract.
    pub async fn built_in() -> anyhow::Result<Self> {
        Self::written(0, String::new(), Vec::new()).await
    }

    /// One that was written, by its version, its text and the RPCs that there were then. RPCs that were added later, by a newer program, follow the built-in one;
    /// so do all where the text is empty.
    pub async fn written(version: i64, text: String, known: Vec<String>) -> anyhow::Result<Self> {
        let compile = move || Handle::current().block_on(Self::compile_both(version, &text, &known));
        // Casbin's answers take a tenth of a second in all.
        spawn_blocking(compile).await?
    }

    async fn compile_both(version: i64, text: &str, known: &[String]) -> anyhow::Result<Self> {
        let (judged, other): (Vec<_>, Vec<_>) = methods()?.into_iter().partition(|m| !text.is_empty() && known.contains(m));
        let mut table = compile(&rules(text)?, &judged).await?;
        table.extend(compile(&rules(BUILT_IN)?, &other).await?);
        Ok(Self { version, table })
    }

    /// The version of the text it was made from.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Whether the contract has this RPC.
    pub fn knows(&self, method: &str) -> bool {
        self.table.contains_key(method)
    }

    /// Whether an RPC needs no credential.
    pub fn is_public(&self, method: &str) -> bool {
        self.table.get(method).is_some_and(|a| a.anyone)
    }

    /// Whether a role may call an RPC.
    pub fn allows(&self, role: Role, method: &str) -> bool {
        self.table.get(method).is_some_and(|a| a.roles & (1 << role.number()) != 0)
    }

    /// The RPCs that a role may call, in order.
    pub fn permissions(&self, role: Role) -> Vec<String> {
        let mut methods: Vec<_> = self.table.keys().filter(|m| self.allows(role, m)).cloned().collect();
        methods.sort();
        methods
    }

    /// Whether somebody with a role may hand out, change or take away another: in the own portal one that may do nothing that the own may not, and those of tenants or
    /// resellers if the own may make such an account, and so its first admin.
    pub fn may_hand_out(&self, own: Role, other: Role) -> bool {
        match other.portal() {
            portal if portal == own.portal() => self.table.keys().all(|m| self.allows(own, m) || !self.allows(other, m)),
            Portal::Tenant => self.allows(own, "/tenantry.v1.MasterAdminService/OnboardTenant"),
            Portal::Reseller => self.allows(own, "/tenantry.v1.MasterAdminService/CreateReseller"),
            Portal::Master => false,
        }
    }
}

/// Asks casbin about every role and some RPCs.
async fn compile(rules: &[Rule], methods: &[String]) -> anyhow::Result<HashMap<String, Allowed>> {
    let model = DefaultModel::from_str(MODEL).await.context("rbac/model.conf")?;
    // Always a new one: a policy that is cleared leaves its inheritance behind.
    let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
    for rule in rules {
        let new = match rule {
            Rule::May(role, method) => enforcer.add_policy(vec![role.clone(), method.clone()]).await?,
            Rule::Inherits(role, from) => enforcer.add_grouping_policy(vec![role.clone(), from.clone()]).await?,
        };
        anyhow::ensure!(new, "the policy says twice: {rule:?}");
    }
    let mut table = HashMap::new();
    for method in methods {
        let mut allowed = Allowed {
            anyone: enforcer.enforce((ANYONE, method))?,
            roles: 0,
        };
        for role in Role::iter() {
            if enforcer.enforce((role.word(), method))? {
                allowed.roles |= 1 << role.number();
            }
        }
        table.insert(method.clone(), allowed);
    }
    Ok(table)
}

/// The full path of every RPC of the contract.
pub fn methods() -> anyhow::Result<Vec<String>> {
    let set = prost_types::FileDescriptorSet::decode(tenantry_proto::DESCRIPTORS)?;
    let services = set.file.iter().filter(|f| f.package() == "tenantry.v1").flat_map(|f| &f.service);
    Ok(services
        .flat_map(|s| s.method.iter().map(|m| format!("/tenantry.v1.{}/{}", s.name(), m.name())))
        .collect())
}
