//! What a role may not do, in words.

use portal_client::{Refused, pb};
use portal_ui::role_word;

use crate::words::{rpc_name, words};

/// `Your role, Viewer, may not suspend tenants.`
pub(crate) fn refusal(refused: &Refused) -> String {
    let deed = deed(&refused.permission);
    match refused.role {
        pb::Role::Unspecified => format!("Your role may not {deed}."),
        role => format!("Your role, {}, may not {deed}.", role_word(role)),
    }
}

/// What an RPC does, as a person says it: `/tenantry.v1.MasterAdminService/SuspendTenant` is to `suspend tenants`.
fn deed(permission: &str) -> String {
    let rpc = rpc_name(permission);
    match rpc {
        "GetDashboard" => "see the dashboard".to_owned(),
        "GetPolicy" => "see the policy".to_owned(),
        "IssueInvitation" => "make invitation links".to_owned(),
        "ListDeploymentSamples" => "see the measurements of instances".to_owned(),
        "RevealInstanceCredentials" => "see the credentials of instances".to_owned(),
        "SetUserRole" => "change the roles of users".to_owned(),
        "TailDeploymentLogs" => "read the logs of instances".to_owned(),
        "UpdatePolicy" => "change the policy".to_owned(),
        _ => {
            let mut words = words(rpc).into_iter();
            let verb = words.next().unwrap_or_default();
            let things = words.collect::<Vec<_>>().join(" ");
            format!("{} {}", doing(&verb), plural(&things))
        }
    }
}

/// The verb of an RPC as a person says it.
fn doing(verb: &str) -> &str {
    match verb {
        "get" | "list" => "see",
        "update" => "change",
        "watch" => "follow",
        "undelete" => "take back the deletion of",
        verb => verb,
    }
}

fn plural(thing: &str) -> String {
    match thing.strip_suffix('y') {
        Some(start) => format!("{start}ies"),
        None if thing.ends_with('s') => thing.to_owned(),
        None => format!("{thing}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_said_in_words() {
        for (rpc, words) in [
            ("SuspendTenant", "suspend tenants"),
            ("ListTenants", "see tenants"),
            ("GetTenantSettings", "see tenant settings"),
            ("UpdatePlan", "change plans"),
            ("UndeleteDeployment", "take back the deletion of instances"),
            ("WatchDeployments", "follow instances"),
            ("ListAuditEntries", "see audit entries"),
            ("TailDeploymentLogs", "read the logs of instances"),
        ] {
            assert_eq!(deed(&format!("/tenantry.v1.MasterAdminService/{rpc}")), words);
        }
        assert_eq!(plural("audit entry"), "audit entries");
    }

    #[test]
    fn the_role_is_named_where_it_is_known() {
        let of = |role| Refused {
            permission: "/tenantry.v1.TenantAdminService/InviteUser".into(),
            role,
        };
        assert_eq!(refusal(&of(pb::Role::TenantViewer)), "Your role, Viewer, may not invite users.");
        assert_eq!(refusal(&of(pb::Role::Unspecified)), "Your role may not invite users.");
    }
}
