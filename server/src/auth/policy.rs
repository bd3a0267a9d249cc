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
    /// The policy that is compiled in, for every RPC of the contract. An RPC that nobody may call is an error: somebody forgot its line.
    pub async fn load() -> anyhow::Result<Self> {
        let policy = Self::compile(&rules(POLICY)?, &methods()?).await?;
        for (method, allowed) in &policy.0 {
            anyhow::ensure!(allowed.anyone || allowed.roles != 0, "no line of rbac/policy.csv allows {method}");
        }
        Ok(policy)
    }

    /// Asks casbin about every role and RPC.
    async fn compile(rules: &[Rule], methods: &[String]) -> anyhow::Result<Self> {
        let model = DefaultModel::from_str(MODEL).await.context("rbac/model.conf")?;
        // Always a new one: a policy that is cleared leaves its inheritance behind.
        let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
        for rule in rules {
            let known = match rule {
                Rule::May(role, method) => enforcer.add_policy(vec![role.clone(), method.clone()]).await?,
                Rule::Inherits(role, from) => enforcer.add_grouping_policy(vec![role.clone(), from.clone()]).await?,
            };
            anyhow::ensure!(known, "the policy says twice: {rule:?}");
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

/// One line of a policy.
#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// A role may call the RPCs of a pattern.
    May(String, String),
    /// A role may do what another may.
    Inherits(String, String),
}

/// Who has no credential.
const ANYONE: &str = "anyone";

/// The rules of a text.
fn rules(text: &str) -> anyhow::Result<Vec<Rule>> {
    let lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    lines
        .map(|(number, line)| {
            let parts: Vec<_> = line.split(',').map(|p| p.trim().to_owned()).collect();
            match <[String; 3]>::try_from(parts) {
                Ok([kind, role, method]) if kind == "p" => Ok(Rule::May(role, method)),
                Ok([kind, role, from]) if kind == "g" => Ok(Rule::Inherits(role, from)),
                _ => anyhow::bail!("line {} of the policy is no rule: {line}", number + 1),
            }
        })
        .collect()
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

    /// What the rules mean, said without casbin: a role may what a rule gives to it or to a role that it inherits, over any number of steps.
    fn may(rules: &[Rule], role: &str, method: &str) -> bool {
        let mut roles = vec![role];
        let mut next = 0;
        while let Some(role) = roles.get(next).copied() {
            next += 1;
            for rule in rules {
                match rule {
                    Rule::Inherits(who, from) if who == role && !roles.contains(&from.as_str()) => roles.push(from),
                    Rule::May(who, pattern) if who == role && matches(pattern, method) => return true,
                    _ => {}
                }
            }
        }
        false
    }

    fn matches(pattern: &str, method: &str) -> bool {
        match pattern.split_once('*') {
            Some((start, _)) => method.starts_with(start),
            None => method == pattern,
        }
    }

    /// Numbers that look like chance, the same in each run.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % limit
        }

        fn shuffle<T>(&mut self, items: &mut [T]) {
            for last in (1..items.len()).rev() {
                items.swap(last, self.below(last + 1));
            }
        }
    }

    /// A policy of up to eight rules, with chains and circles of roles, patterns and names that look like patterns.
    fn random(chance: &mut Chance) -> Vec<Rule> {
        let roles: Vec<&str> = [ANYONE, "member", "a \"quoted\" one", "*"].into_iter().chain(Role::iter().map(Role::word)).collect();
        let methods = ["/s.A/Get", "/s.A/GetAll", "/s.A/Get*", "/s.B/*", "/s.*", "*", "/s.B/List", ""];
        let mut rules: Vec<Rule> = Vec::new();
        for _ in 0..=chance.below(8) {
            let role = roles[chance.below(roles.len())].to_owned();
            let rule = match chance.below(2) {
                0 => Rule::May(role, methods[chance.below(methods.len())].to_owned()),
                _ => Rule::Inherits(role, roles[chance.below(roles.len())].to_owned()),
            };
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        rules
    }

    /// Ten thousand random policies, each loaded in twenty orders: the table says what the rules mean, whatever the order.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_table_says_what_the_rules_mean_in_any_order() -> anyhow::Result<()> {
        const POLICIES: u64 = 10_000;
        const ORDERS: usize = 20;
        const TASKS: u64 = 4;
        let methods = ["/s.A/Get", "/s.A/GetAll", "/s.B/List", "/s.B/Get"].map(String::from);
        let tasks = (0..TASKS).map(|task| {
            let methods = methods.clone();
            tokio::spawn(async move {
                let mut chance = Chance(task);
                for _ in 0..POLICIES / TASKS {
                    let mut rules = random(&mut chance);
                    for _ in 0..ORDERS {
                        chance.shuffle(&mut rules);
                        let policy = Policy::compile(&rules, &methods).await?;
                        for method in &methods {
                            assert_eq!(policy.is_public(method), may(&rules, ANYONE, method), "{method} by {rules:?}");
                            for role in Role::iter() {
                                assert_eq!(policy.allows(role, method), may(&rules, role.word(), method), "{role} {method} by {rules:?}");
                            }
                        }
                    }
                }
                anyhow::Ok(())
            })
        });
        for done in futures::future::join_all(tasks).await {
            done??;
        }
        Ok(())
    }

    #[tokio::test]
    async fn the_compiled_in_policy_means_what_its_text_says() -> anyhow::Result<()> {
        let (policy, rules) = (Policy::load().await?, rules(POLICY)?);
        for method in methods()? {
            assert_eq!(policy.is_public(&method), may(&rules, ANYONE, &method), "{method}");
            for role in Role::iter() {
                assert_eq!(policy.allows(role, &method), may(&rules, role.word(), &method), "{role} {method}");
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
