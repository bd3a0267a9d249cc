//! What RPCs do, as a person says it.

/// An RPC, `/tenantry.v1.MasterAdminService/SuspendTenant` or `MasterAdminService/SuspendTenant`, as `Suspend tenant`.
pub(crate) fn rpc_words(rpc: &str) -> String {
    capital(&words(rpc_name(rpc)).join(" "))
}

/// The name at the end of an RPC's path: `SuspendTenant`.
pub(crate) fn rpc_name(rpc: &str) -> &str {
    rpc.rsplit('/').next().unwrap_or_default()
}

/// `SuspendTenant` is `suspend`, `tenant`. What the contract calls a deployment is an instance to people.
pub(crate) fn words(name: &str) -> Vec<String> {
    let word = |piece: String| piece.to_lowercase().replace("deployment", "instance");
    pieces(name).into_iter().map(word).collect()
}

/// `SuspendTenant` is `Suspend`, `Tenant`.
pub(crate) fn pieces(name: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for letter in name.chars() {
        match pieces.last_mut() {
            Some(piece) if !letter.is_uppercase() => piece.push(letter),
            _ => pieces.push(letter.into()),
        }
    }
    pieces
}

/// The text with a capital at its start.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rpc_is_said_in_words() {
        for (rpc, said) in [
            ("TenantAdminService/InviteUser", "Invite user"),
            ("/tenantry.v1.MasterAdminService/ListDeployments", "List instances"),
            ("/tenantry.v1.AuthService/SignOut", "Sign out"),
            ("RevealInstanceCredentials", "Reveal instance credentials"),
        ] {
            assert_eq!(rpc_words(rpc), said);
        }
    }
}
