//! Which rows exist for whom: every table on one page.
//!
//! The scope of a query is put in here and nowhere else. A table that is not listed cannot be read or written at all.

use crate::{
    billing,
    id::*,
    partners,
    store::{Answer, Belongs, Keyed, Owned, Owner, Platform, Reseller, Resource, Row, Subject, Tenant, Visible},
    tenancy,
};
use sea_orm::{ColumnTrait, ColumnType, Condition, EntityName, EntityTrait, IdenStatic, Iterable, QueryFilter, QuerySelect, QueryTrait};

// In brackets: what an account may do with rows of its own. The platform may do everything; on PostgreSQL the policies say the same (migration/src/m0012_least_rights.rs).
tables! {
    // The vendor's own.
    platform []:
        identity::user::entity,
        identity::session::entity,
        identity::guess::entity,
        identity::user::invitation,
        platform::policy::entity,
        billing::invoice::series;
    // The vendor's own, which everybody may read.
    catalogue [reads]:
        billing::plan::entity,
        billing::plan::price;
    // A tenant's, by `tenant_id`, written by the platform.
    tenant [reads]:
        tenancy::operation::entity,
        tenancy::operation::step,
        deployments::port_lease,
        deployments::sample,
        billing::subscription::entity,
        billing::invoice::entity,
        billing::invoice::line,
        billing::payment::entity;
    // A tenant's, made by the platform.
    tenant [reads changes]:
        tenancy::settings::entity,
        deployments::deployment::entity;
    // A reseller's, by `reseller_id`, written by the platform.
    reseller [reads]:
        partners::reseller::agreement,
        partners::commission::entity;
    // A tenant's, a reseller's, or the vendor's where neither is named. Roles are given by the platform, in the transaction of the account that gives them.
    anyone [reads changes ends]:
        identity::user::membership;
    anyone [reads adds]:
        store::audit_entry,
        store::event::model;
    anyone [reads adds changes]:
        store::audit_head,
        store::idempotency_record;
    // With rules of their own, below.
    special []:
        tenancy::tenant::entity,
        partners::reseller::entity;
}

resources! {
    billing::plan::entity, PlanId, "plan", |row| row.display_name.clone();
    billing::subscription::entity, SubscriptionId, "subscription", |row| row.id.to_string();
    billing::invoice::entity, InvoiceId, "invoice", |row| row.number.clone().unwrap_or_else(|| "draft".into());
    billing::payment::entity, PaymentId, "payment", |row| row.reference.clone();
    partners::reseller::entity, ResellerId, "reseller", |row| row.display_name.clone();
    partners::commission::entity, CommissionId, "commission", |row| row.customer_name.clone();
    tenancy::tenant::entity, TenantId, "tenant", |row| row.display_name.clone();
    tenancy::settings::entity, TenantSettingId, "tenant settings", |row| row.category.to_string();
    tenancy::operation::entity, OperationId, "operation", |row| row.kind.to_string(),
        unaudited ["deadline_at", "input", "lease_epoch", "lease_expires_at", "lease_holder", "run_at"];
    deployments::deployment::entity, DeploymentId, "deployment", |row| row.slug.clone(),
        unaudited ["generation", "health", "node", "observed_at", "observed_generation", "port", "process_started_at", "restart_generation", "restarts", "resume_state", "state", "version"];
    identity::user::entity, UserId, "user", |row| row.email.clone();
    platform::policy::entity, PolicyId, "policy", |_| "policy".into();
    identity::user::membership, MembershipId, "membership", |row| row.role.to_string();
}

keyed!(store::audit_entry, AuditEntryId, "audit entry");

// A tenant sees itself; a reseller sees the tenants it brought.
mod tenant_rows {
    use super::*;
    use tenancy::tenant::entity::{Column, Entity, Model};

    impl Belongs for Entity {
        fn owner(row: &Model) -> Owner {
            Owner::Tenant(row.id)
        }
    }
    impl Visible<Tenant> for Entity {
        fn rows(scope: &Tenant) -> Condition {
            Condition::all().add(Column::Id.eq(scope.id()))
        }
    }
    impl Visible<Reseller> for Entity {
        fn rows(scope: &Reseller) -> Condition {
            Condition::all().add(Column::ResellerId.eq(scope.id()))
        }
    }
}

// A reseller sees itself.
mod reseller_rows {
    use super::*;
    use partners::reseller::entity::{Column, Entity, Model};

    impl Belongs for Entity {
        fn owner(row: &Model) -> Owner {
            Owner::Reseller(row.id)
        }
    }
    impl Visible<Reseller> for Entity {
        fn rows(scope: &Reseller) -> Condition {
            Condition::all().add(Column::Id.eq(scope.id()))
        }
    }
}

// A reseller sees what its customers are billed for.
impl Visible<Reseller> for billing::subscription::entity::Entity {
    fn rows(scope: &Reseller) -> Condition {
        use tenancy::tenant::entity as tenant;
        let customers = tenant::Entity::find()
            .select_only()
            .column(tenant::Column::Id)
            .filter(<tenant::Entity as Visible<Reseller>>::rows(scope));
        Condition::all().add(billing::subscription::entity::Column::TenantId.in_subquery(customers.into_query()))
    }
}
