//! What stands in the audit log, as a person reads it and looks for it.

use portal_client::pb;

use crate::words::{capital, rpc_words};

/// What comes of an attempt, as the server names it and as a person reads it.
pub(super) const RESULTS: [(&str, &str); 10] = [
    ("OK", "Done"),
    ("PERMISSION_DENIED", "Not allowed"),
    ("INVALID_ARGUMENT", "Wrong input"),
    ("NOT_FOUND", "Not found"),
    ("ALREADY_EXISTS", "Exists already"),
    ("FAILED_PRECONDITION", "Wrong state"),
    ("ABORTED", "Outdated"),
    ("RESOURCE_EXHAUSTED", "Over the limit"),
    ("UNAUTHENTICATED", "Wrong sign-in"),
    ("OUT_OF_RANGE", "Out of range"),
];

/// What came of it, in words.
pub(super) fn result_words(result: &str) -> String {
    let known = RESULTS.iter().find(|(name, _)| *name == result);
    known.map_or_else(|| result.to_owned(), |(_, words)| (*words).to_owned())
}

/// `user.set_role` as `User: set role`.
pub(super) fn action_words(action: &str) -> String {
    // An attempt that was refused is called by its RPC: `TenantAdminService/InviteUser`.
    if action.contains('/') {
        return rpc_words(action);
    }
    let (subject, verb) = action.split_once('.').unwrap_or((action, ""));
    let subject = capital(&subject.replace('_', " ").replace("deployment", "instance"));
    match verb {
        "" => subject,
        verb => format!("{subject}: {}", verb.replace('_', " ")),
    }
}

/// What an action may be called that a person looks for by its words: `set role` is in `user.set_role`, and in `SetUserRole` without its spaces.
pub(super) fn action_names(text: &str) -> Vec<String> {
    let text = text.trim().to_lowercase().replace(": ", ".");
    let mut names = Vec::new();
    for text in [text.replace("instance", "deployment"), text] {
        for name in [text.replace(' ', "_"), text.replace(' ', "")] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Who it was, as a person reads it.
pub(super) fn actor(entry: &pb::AuditEntry) -> String {
    match entry.actor_id.as_str() {
        "system" => "The system".to_owned(),
        "anyone" => "Somebody who has not signed in".to_owned(),
        _ => entry.actor_name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_words() {
        assert_eq!(action_words("tenant.suspend"), "Tenant: suspend");
        assert_eq!(action_words("user.set_role"), "User: set role");
        assert_eq!(action_words("tenant_setting.update"), "Tenant setting: update");
        assert_eq!(action_words("deployment.start"), "Instance: start");
        assert_eq!(action_words("login"), "Login");
        assert_eq!(action_words("TenantAdminService/InviteUser"), "Invite user");
    }

    #[test]
    fn actions_are_found_by_their_words() {
        assert_eq!(action_names(" User: set role "), ["user.set_role", "user.setrole"]);
        assert_eq!(action_names("Invite user"), ["invite_user", "inviteuser"]);
        assert_eq!(action_names("instance: s"), ["deployment.s", "instance.s"]);
        assert_eq!(action_names("mia@example.net"), ["mia@example.net"]);
    }
}
