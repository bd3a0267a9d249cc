//! Which role may do what, as rows and columns.

use portal_client::{RPCS, pb};
use portal_ui::view::roles_of;

use crate::words::{rpc_name, rpc_words};

/// What actions are about, by the words in the names of RPCs; in the order of the navigation.
const GROUPS: [(&str, &[&str]); 11] = [
    ("Dashboard", &["Dashboard"]),
    ("Tenants", &["Tenant"]),
    ("Instances", &["Deployment", "Instance"]),
    ("Operations", &["Operation"]),
    ("Plans", &["Plan"]),
    ("Subscriptions and invoices", &["Subscription", "Invoice", "Payment"]),
    ("Resellers", &["Reseller"]),
    ("Commissions", &["Commission"]),
    ("Users and roles", &["User", "Admin", "Invitation", "Role", "Policy"]),
    ("Audit log", &["Audit"]),
    ("Own account", &["Sign", "Session", "Password"]),
];

/// The group of what fits into no other.
const OTHER: &str = "Other";

fn group_of(rpc: &str) -> &'static str {
    let name = rpc_name(rpc);
    let found = GROUPS.iter().find(|(_, words)| words.iter().any(|word| name.contains(word)));
    found.map_or(OTHER, |(group, _)| group)
}

/// The service of a portal, as RPCs are named.
fn service_of(portal: pb::Portal) -> &'static str {
    match portal {
        pb::Portal::Unspecified => "",
        pb::Portal::Master => "/tenantry.v1.MasterAdminService/",
        pb::Portal::Tenant => "/tenantry.v1.TenantAdminService/",
        pb::Portal::Reseller => "/tenantry.v1.ResellerService/",
    }
}

/// A role of the portal: a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleColumn {
    pub role: pb::Role,
    /// How many of the actions it may do.
    pub count: usize,
}

/// An action: a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// In words: `Suspend tenant`.
    pub words: String,
    /// The name of the RPC: `SuspendTenant`.
    pub rpc: String,
    /// For each column whether the role may do it.
    pub allowed: Vec<bool>,
}

/// The roles of one portal and what each may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    pub roles: Vec<RoleColumn>,
    /// The actions by what they are about.
    pub groups: Vec<(&'static str, Vec<Action>)>,
}

impl Matrix {
    /// All actions of a portal, with those that no role may do, and what else the server says that its roles may do.
    pub fn of(answer: &pb::GetRolesResponse, portal: pb::Portal) -> Self {
        let found = |role: &pb::Role| answer.roles.iter().find(|found| found.role() == *role);
        let roles: Vec<&pb::RolePermissions> = roles_of(portal).iter().filter_map(found).collect();
        if roles.is_empty() {
            return Self::default();
        }
        let service = service_of(portal);
        let own = RPCS.iter().copied().filter(|rpc| rpc.starts_with(service));
        let granted = roles.iter().flat_map(|role| &role.permissions).map(String::as_str);
        let mut rpcs: Vec<&str> = own.chain(granted).collect();
        rpcs.sort_unstable();
        rpcs.dedup();
        let action = |rpc: &str| Action {
            words: rpc_words(rpc),
            rpc: rpc_name(rpc).to_owned(),
            allowed: roles
                .iter()
                .map(|role| role.permissions.iter().any(|permission| permission == rpc))
                .collect(),
        };
        let names = GROUPS.iter().map(|(group, _)| *group).chain([OTHER]);
        let groups = names.map(|group| {
            (
                group,
                rpcs.iter().filter(|rpc| group_of(rpc) == group).map(|rpc| action(rpc)).collect(),
            )
        });
        Self {
            roles: roles
                .iter()
                .map(|role| RoleColumn {
                    role: role.role(),
                    count: role.permissions.len(),
                })
                .collect(),
            groups: groups.filter(|(_, actions): &(_, Vec<_>)| !actions.is_empty()).collect(),
        }
    }

    /// How many actions there are.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|(_, actions)| actions.len()).sum()
    }

    /// The actions that a text is found in: their words, the name of their RPC, or what they are about.
    #[must_use]
    pub fn found(mut self, text: &str) -> Self {
        let text = text.trim().to_lowercase();
        for (group, actions) in &mut self.groups {
            if !group.to_lowercase().contains(&text) {
                actions.retain(|action| [&action.words, &action.rpc].iter().any(|name| name.to_lowercase().contains(&text)));
            }
        }
        self.groups.retain(|(_, actions)| !actions.is_empty());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(role: pb::Role, rpcs: &[&str]) -> pb::RolePermissions {
        pb::RolePermissions {
            role: role.into(),
            permissions: rpcs.iter().map(|rpc| format!("/tenantry.v1.{rpc}")).collect(),
        }
    }

    fn answer() -> pb::GetRolesResponse {
        let viewer = ["AuthService/SignOut", "ResellerService/GetRoles"];
        let admin = ["AuthService/SignOut", "ResellerService/GetRoles", "ResellerService/InviteUser"];
        pb::GetRolesResponse {
            roles: vec![
                role(pb::Role::TenantAdmin, &["TenantAdminService/InviteUser"]),
                role(pb::Role::ResellerAdmin, &admin),
                role(pb::Role::ResellerAgent, &viewer),
            ],
        }
    }

    fn action<'a>(matrix: &'a Matrix, rpc: &str) -> &'a Action {
        let mut all = matrix.groups.iter().flat_map(|(_, actions)| actions);
        all.find(|action| action.rpc == rpc).expect("a row")
    }

    #[test]
    fn every_rpc_is_about_something() {
        let without: Vec<_> = RPCS.iter().filter(|rpc| group_of(rpc) == OTHER).collect();
        assert_eq!(without, Vec::<&&str>::new());
        assert_eq!(group_of("/tenantry.v1.MasterAdminService/GetTenantSettings"), "Tenants");
        assert_eq!(group_of("/tenantry.v1.MasterAdminService/ListDeploymentSamples"), "Instances");
        assert_eq!(group_of("/tenantry.v1.MasterAdminService/SetUserRole"), "Users and roles");
    }

    #[test]
    fn the_columns_are_the_roles_of_the_portal_and_the_rows_all_that_can_be_done_there() {
        let matrix = Matrix::of(&answer(), pb::Portal::Reseller);
        let column = |role, count| RoleColumn { role, count };
        assert_eq!(
            matrix.roles,
            [column(pb::Role::ResellerAdmin, 3), column(pb::Role::ResellerAgent, 2)]
        );
        assert_eq!(action(&matrix, "InviteUser").allowed, [true, false]);
        assert_eq!(action(&matrix, "GetRoles").allowed, [true, true]);
        assert_eq!(
            action(&matrix, "SignOut").allowed,
            [true, true],
            "of another service, but told by the server"
        );
        assert_eq!(
            action(&matrix, "RemoveUser").allowed,
            [false, false],
            "what nobody may do is there as well"
        );
        let here = RPCS.iter().filter(|rpc| rpc.contains("ResellerService")).count();
        assert_eq!(matrix.len(), here + 1);
    }

    #[test]
    fn roles_that_were_not_answered_have_no_columns() {
        assert_eq!(Matrix::of(&answer(), pb::Portal::Master), Matrix::default());
    }

    #[test]
    fn a_text_is_found_in_words_in_names_and_in_what_the_action_is_about() {
        let found = |text: &str| {
            let matrix = Matrix::of(&answer(), pb::Portal::Reseller).found(text);
            let names = matrix
                .groups
                .iter()
                .flat_map(|(_, actions)| actions)
                .map(|action| action.rpc.clone());
            names.collect::<Vec<_>>()
        };
        assert_eq!(found(" invite u"), ["InviteUser"]);
        assert_eq!(found("setuserrole"), ["SetUserRole"]);
        assert_eq!(found("own account"), ["SignOut"]);
        assert_eq!(found("nothing like it"), Vec::<String>::new());
        assert_eq!(found("").len(), Matrix::of(&answer(), pb::Portal::Reseller).len());
    }
}
