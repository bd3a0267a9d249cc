//! The roles of the portals, and what they are for.

use tenantry_proto::v1 as pb;

/// What a role may do, in a sentence.
pub fn role_hint(role: pb::Role) -> &'static str {
    match role {
        pb::Role::Unspecified => "",
        pb::Role::MasterAdmin => "May do everything in the master portal.",
        pb::Role::MasterOperator => "Does the daily work: tenants, instances, payments.",
        pb::Role::MasterSupport => "Helps tenants: reads everything, restarts instances, issues invitations again.",
        pb::Role::MasterViewer => "Reads everything and changes nothing.",
        pb::Role::TenantAdmin => "May do everything here, such as changing settings and inviting people.",
        pb::Role::TenantUser => "Runs the instance: starts, stops and restarts it and reads its log.",
        pb::Role::TenantViewer => "Reads everything and changes nothing.",
        pb::Role::ResellerAdmin => "May do everything here, such as inviting people.",
        pb::Role::ResellerAgent => "Sees customers and commissions.",
    }
}

/// The roles of a portal, the most powerful first.
pub fn roles_of(portal: pb::Portal) -> &'static [pb::Role] {
    match portal {
        pb::Portal::Unspecified => &[],
        pb::Portal::Master => &[
            pb::Role::MasterAdmin,
            pb::Role::MasterOperator,
            pb::Role::MasterSupport,
            pb::Role::MasterViewer,
        ],
        pb::Portal::Tenant => &[pb::Role::TenantAdmin, pb::Role::TenantUser, pb::Role::TenantViewer],
        pb::Portal::Reseller => &[pb::Role::ResellerAdmin, pb::Role::ResellerAgent],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role_word;

    #[test]
    fn within_a_portal_each_role_has_its_own_word() {
        for portal in [pb::Portal::Master, pb::Portal::Tenant, pb::Portal::Reseller] {
            let mut words: Vec<_> = roles_of(portal).iter().map(|role| role_word(*role)).collect();
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), count);
            assert!(roles_of(portal).iter().all(|role| role_hint(*role).ends_with('.')));
        }
    }
}
