//! The text of a policy: one rule a line, as casbin writes them.

/// Whoever has no credential.
pub const ANYONE: &str = "anyone";

/// Whoever is signed in.
pub const MEMBER: &str = "member";

/// One line of a policy.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// `p, role, pattern`: a role may call an RPC, or with a `*` at the end all that begin so.
    May(String, String),
    /// `g, role, other`: a role may do what another may.
    Inherits(String, String),
}

impl Rule {
    /// Reads a line; nothing for an empty one and for a comment.
    fn read(line: &str) -> Option<Result<Self, String>> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let parts: Vec<_> = line.split(',').map(|part| part.trim().to_owned()).collect();
        Some(match <[String; 3]>::try_from(parts) {
            Ok([kind, role, method]) if kind == "p" => Ok(Self::May(role, method)),
            Ok([kind, role, other]) if kind == "g" => Ok(Self::Inherits(role, other)),
            _ => Err("is no rule: it must be \"p, ROLE, RPC\" or \"g, ROLE, ROLE\"".to_owned()),
        })
    }
}

/// The rules of a text with the numbers of their lines, from 1.
pub fn numbered(text: &str) -> impl Iterator<Item = (usize, Result<Rule, String>)> {
    text.lines().enumerate().filter_map(|(at, line)| Some((at + 1, Rule::read(line)?)))
}

/// The rules of a text.
pub fn rules(text: &str) -> anyhow::Result<Vec<Rule>> {
    numbered(text)
        .map(|(line, rule)| rule.map_err(|wrong| anyhow::anyhow!("line {line} of the policy {wrong}")))
        .collect()
}
