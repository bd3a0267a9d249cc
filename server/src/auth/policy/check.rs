//! What a policy must not say, so that nobody can lock the vendor out, open a portal to another, or write a rule that means nothing.

use super::{
    Policy,
    rule::{ANYONE, MEMBER, Rule, numbered},
};
use crate::identity::user::membership::Role;
use sea_orm::Iterable;
use std::collections::HashSet;

const AUTH: &str = "/tenantry.v1.AuthService/";

/// Whoever may call this may do everything, if only after having written so.
const UPDATE: &str = "/tenantry.v1.MasterAdminService/UpdatePolicy";

/// Who can undo a mistake keeps these.
const KEPT: [&str; 2] = ["/tenantry.v1.MasterAdminService/GetPolicy", UPDATE];

/// How many rules there can be. Casbin looks at each of them for each role and RPC.
const MOST: usize = 1000;

impl Policy {
    /// Reads a text that somebody has written, for all RPCs of the contract; or tells everything that is wrong with it.
    pub async fn read(version: i64, text: &str, methods: &[String]) -> anyhow::Result<Result<Self, Vec<String>>> {
        let wrong = lines(text, methods);
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
        let policy = Self::written(version, text.to_owned(), methods.to_vec()).await?;
        let wrong = policy.beyond(&Self::built_in().await?, methods);
        Ok(if wrong.is_empty() { Ok(policy) } else { Err(wrong) })
    }

    /// What it allows that no policy may, and what it refuses that each must allow.
    fn beyond(&self, built_in: &Self, methods: &[String]) -> Vec<String> {
        let mut wrong = Vec::new();
        for method in methods {
            if method.starts_with(AUTH) {
                if self.table.get(method) != built_in.table.get(method) {
                    wrong.push(format!(
                        "changes who may call {method}, which has to stay as it is for people to sign in and out"
                    ));
                }
                continue;
            }
            if self.is_public(method) {
                wrong.push(format!("lets anyone call {method} without a credential"));
            }
            for role in Role::iter().filter(|r| self.allows(*r, method) && !method.contains(r.portal().service())) {
                wrong.push(format!("lets {role} call {method}, which is of another portal"));
            }
        }
        for role in Role::iter().filter(|role| *role != Role::MasterAdmin && self.allows(*role, UPDATE)) {
            wrong.push(format!(
                "lets {role} call {UPDATE}, and so give itself everything; it stays with {}",
                Role::MasterAdmin
            ));
        }
        for method in KEPT.iter().filter(|m| !self.allows(Role::MasterAdmin, m)) {
            wrong.push(format!(
                "does not let {} call {method}: nobody could take the change back",
                Role::MasterAdmin
            ));
        }
        wrong
    }
}

/// What is wrong line by line.
fn lines(text: &str, methods: &[String]) -> Vec<String> {
    let role = |name: &str| match name == MEMBER || Role::iter().any(|role| role.word() == name) {
        true => Ok(()),
        false => Err(format!("names {name:?}, which is no role")),
    };
    let rule = |rule: &Rule| match rule {
        Rule::Inherits(who, from) => role(who).and_then(|()| role(from)),
        Rule::May(who, pattern) => {
            if who != ANYONE {
                role(who)?;
            }
            let found = match pattern.split_once('*') {
                Some((start, "")) => methods.iter().any(|m| m.starts_with(start)),
                Some(_) => return Err(format!("has a * inside of {pattern:?}; it can stand at the end only")),
                None => methods.contains(pattern),
            };
            if found {
                Ok(())
            } else {
                Err(format!("names {pattern:?}, which no RPC is called"))
            }
        }
    };
    let (mut wrong, mut seen, mut count) = (Vec::new(), HashSet::new(), 0);
    for (line, read) in numbered(text) {
        count += 1;
        let outcome = read.and_then(|read| match seen.insert(format!("{read:?}")) {
            true => rule(&read),
            false => Err("says again what a line above says".to_owned()),
        });
        wrong.extend(outcome.err().map(|what| format!("line {line} {what}")));
    }
    if count > MOST {
        wrong = vec![format!("has {count} rules; there can be {MOST}")];
    }
    wrong
}
