//! May this role call this RPC: casbin's answer for every role and RPC, asked once and kept in a table.

use crate::identity::user::membership::Role;
use anyhow::Context;
use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use prost::Message;
use sea_orm::Iterable;
use std::collections::HashMap;

/// The model and the policy, compiled in.
const MODEL: &str = include_str!("../../rbac/model.conf");
const POLICY: &str = include_str!("../../rbac/policy.csv");

/// Who may call one RPC.
#[derive(Clone, Debug)]
struct Allowed {
    /// Everybody, without a credential.
    anyone: bool,
    /// A bit for each role, by its number.
    roles: u32,
}

/// The answers for all RPCs.
#[derive(Debug)]
pub struct Policy(HashMap<String, Allowed>);

impl Policy {
    /// Asks casbin about every RPC of the contract. An RPC that nobody may call is an error: somebody forgot its line.
    pub async fn load() -> anyhow::Result<Self> {
        let enforcer = enforcer().await?;
        let mut table = HashMap::new();
        for method in methods()? {
            let mut allowed = Allowed {
                anyone: enforcer.enforce(("anyone", &method))?,
                roles: 0,
            };
            for role in Role::iter() {
                if enforcer.enforce((role.word(), &method))? {
                    allowed.roles |= 1 << role.number();
                }
            }
            anyhow::ensure!(allowed.anyone || allowed.roles != 0, "no line of rbac/policy.csv allows {method}");
            table.insert(method, allowed);
        }
        Ok(Self(table))
    }

    /// Whether the contract has this RPC.
    pub fn knows(&self, method: &str) -> bool {
        self.0.contains_key(method)
    }

    /// Whether an RPC needs no credential.
    pub fn is_public(&self, method: &str) -> bool {
        self.0.get(method).is_some_and(|a| a.anyone)
    }

    /// Whether a role may call an RPC.
    pub fn allows(&self, role: Role, method: &str) -> bool {
        self.0.get(method).is_some_and(|a| a.roles & (1 << role.number()) != 0)
    }

    /// The RPCs that a role may call, in order.
    pub fn permissions(&self, role: Role) -> Vec<String> {
        let mut methods: Vec<_> = self.0.keys().filter(|m| self.allows(role, m)).cloned().collect();
        methods.sort();
        methods
    }
}

/// Casbin with our model and policy.
async fn enforcer() -> anyhow::Result<Enforcer> {
    let model = DefaultModel::from_str(MODEL).await.context("rbac/model.conf")?;
    let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
    for (number, line) in POLICY
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'))
    {
        let parts: Vec<_> = line.split(',').map(|p| p.trim().to_owned()).collect();
        let known = match parts.as_slice() {
            [kind, role, method] if kind == "p" => enforcer.add_policy(vec![role.clone(), method.clone()]).await?,
            [kind, role, inherited] if kind == "g" => enforcer.add_grouping_policy(vec![role.clone(), inherited.clone()]).await?,
            _ => false,
        };
        anyhow::ensure!(known, "line {} of rbac/policy.csv is no new rule: {line}", number + 1);
    }
    Ok(enforcer)
}

/// The full path of every RPC of the contract.
pub fn methods() -> anyhow::Result<Vec<String>> {
    let set = prost_types::FileDescriptorSet::decode(tenantry_proto::DESCRIPTORS)?;
    let services = set.file.iter().filter(|f| f.package() == "tenantry.v1").flat_map(|f| &f.service);
    Ok(services
        .flat_map(|s| s.method.iter().map(|m| format!("/tenantry.v1.{}/{}", s.name(), m.name())))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_table_says_what_casbin_says() -> anyhow::Result<()> {
        let (policy, casbin) = (Policy::load().await?, enforcer().await?);
        for method in methods()? {
            for role in Role::iter() {
                assert_eq!(
                    policy.allows(role, &method),
                    casbin.enforce((role.word(), &method))?,
                    "{role} {method}"
                );
            }
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_role_stays_in_its_own_service() -> anyhow::Result<()> {
        let policy = Policy::load().await?;
        for method in methods()? {
            for role in Role::iter().filter(|r| policy.allows(*r, &method)) {
                let service = role.portal().service();
                assert!(
                    method.contains(service) || method.contains("AuthService"),
                    "{role} may call {method}"
                );
            }
        }
        assert!(!policy.allows(Role::MasterAdmin, "/tenantry.v1.MasterAdminService/NoSuchCall"));
        Ok(())
    }
}
