//! Role by RPC: every role calls every RPC, and may do what `policy.csv` says and nothing else.

use std::{collections::HashMap, fmt::Write};

use anyhow::Result;
use bytes::Bytes;
use portal_client::{Code, pb::Role};
use tenantry_tests::{Harness, Tally, both, snapshot};

use super::{
    contract::{ROLES, Rpc, portal_of, rpcs, word},
    raw::{GARBAGE, Wire},
    world::Tokens,
};

both! {
    async fn every_role_may_call_what_the_policy_says(h: Harness) -> Result<()> {
        let (wire, policy) = (Wire::to(&h)?, Policy::read());
        let (tokens, leaving) = (Tokens::of_all_roles(&h, "roles").await?, Tokens::of_all_roles(&h, "leaving").await?);
        let mut tally = Tally::new("H1 roles", &h);
        for role in ROLES {
            for rpc in rpcs()? {
                tally.owes(rpc.name(), word(role));
                let expected = policy.expects(role, &rpc);
                // Who is refused is refused before the message is read.
                let body = if expected == Verdict::Allowed { Bytes::new() } else { GARBAGE };
                // Signing out ends a session that nothing else is tried with.
                let tokens = if rpc.method.name() == "SignOut" { &leaving } else { &tokens };
                let answer = wire.call_as(&rpc, body, tokens.of(role)).await?;
                let found = match answer.code {
                    Code::Unauthenticated if !policy.is_public(&rpc) => Verdict::OtherPortal,
                    Code::PermissionDenied => Verdict::Denied,
                    // Whether it was let through, nobody can tell of what failed for another reason.
                    Code::Internal | Code::Unknown | Code::Unavailable | Code::DeadlineExceeded | Code::Unimplemented => Verdict::Broken,
                    _ => Verdict::Allowed,
                };
                let wrong = (found != expected).then(|| format!("{found:?}, the policy says {expected:?}: {}", answer.short()));
                tally.tried(rpc.name(), word(role), wrong);
            }
        }
        tally.done()
    }

    async fn every_role_may_sign_out(h: Harness) -> Result<()> {
        let (wire, tokens) = (Wire::to(&h)?, Tokens::of_all_roles(&h, "out").await?);
        for rpc in rpcs()?.iter().filter(|rpc| rpc.name() == "AuthService/SignOut") {
            for role in ROLES {
                assert_eq!(wire.call_as(rpc, Bytes::new(), tokens.of(role)).await?.code, Code::Ok, "{}", word(role));
                assert_eq!(wire.call_as(rpc, Bytes::new(), tokens.of(role)).await?.reason(), "SESSION_ENDED", "{}", word(role));
            }
        }
        Ok(())
    }
}

#[test]
fn the_matrix_is_the_one_that_was_reviewed() -> Result<()> {
    let policy = Policy::read();
    let mut text = String::from("Who may call what. x: may; .: PERMISSION_DENIED; blank: another portal, UNAUTHENTICATED.\n\n");
    writeln!(text, "{:48} master     tenant  reseller", "")?;
    writeln!(text, "{:48} a o s v    a u v   a g", "")?;
    for rpc in rpcs()? {
        if policy.is_public(&rpc) {
            writeln!(text, "{:48} everybody, without a credential", rpc.name())?;
            continue;
        }
        let mut line = format!("{:48}", rpc.name());
        for role in ROLES {
            if [Role::TenantAdmin, Role::ResellerAdmin].contains(&role) {
                line.push_str("  ");
            }
            line.push_str(match policy.expects(role, &rpc) {
                Verdict::Allowed => " x",
                Verdict::Denied => " .",
                Verdict::OtherPortal | Verdict::Broken => "  ",
            });
        }
        writeln!(text, "{}", line.trim_end())?;
    }
    snapshot("role_by_rpc.txt", &text)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Allowed,
    Denied,
    OtherPortal,
    Broken,
}

/// `policy.csv`, read by other code than the server's.
pub(super) struct Policy {
    /// Who may call what; a pattern may end in a star.
    rules: Vec<(String, String)>,
    inherits: HashMap<String, String>,
}

impl Policy {
    pub(super) fn read() -> Self {
        let text = include_str!("../../../server/rbac/policy.csv");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let lines: Vec<Vec<String>> = lines
            .map(|line| line.split(',').map(|part| part.trim().to_owned()).collect())
            .collect();
        let of = |kind: &'static str| lines.iter().filter(move |line| line.len() == 3 && line[0] == kind);
        Self {
            rules: of("p").map(|line| (line[1].clone(), line[2].clone())).collect(),
            inherits: of("g").map(|line| (line[1].clone(), line[2].clone())).collect(),
        }
    }

    fn lists(&self, who: &str, path: &str) -> bool {
        let mine = self.rules.iter().filter(|(role, _)| role == who);
        mine.into_iter().any(|(_, pattern)| match pattern.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => pattern == path,
        }) || self.inherits.get(who).is_some_and(|lower| self.lists(lower, path))
    }

    /// Whether an RPC needs no credential.
    pub(super) fn is_public(&self, rpc: &Rpc) -> bool {
        self.lists("anyone", &rpc.path)
    }

    fn expects(&self, role: Role, rpc: &Rpc) -> Verdict {
        if self.is_public(rpc) {
            return Verdict::Allowed;
        }
        match rpc.portal() {
            Some(portal) if portal != portal_of(role) => Verdict::OtherPortal,
            _ if self.lists(&word(role), &rpc.path) => Verdict::Allowed,
            _ => Verdict::Denied,
        }
    }
}
