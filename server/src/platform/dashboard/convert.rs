//! The first pages on the wire.

use super::{Amounts, MasterDashboard, ResellerDashboard, TenantCounts, TenantDashboard};
use crate::convert::money;
use tenantry_proto::v1 as pb;

fn amounts(amounts: Amounts) -> Vec<pb::Money> {
    amounts.into_iter().map(|(currency, minor)| money(&currency, minor)).collect()
}

fn tenants(counts: TenantCounts) -> Vec<pb::TenantCount> {
    let count = |(state, count): (crate::tenancy::tenant::entity::TenantState, i64)| pb::TenantCount {
        state: state.number(),
        count,
    };
    counts.into_iter().map(count).collect()
}

fn all<A: Into<B>, B>(rows: Vec<A>) -> Vec<B> {
    rows.into_iter().map(Into::into).collect()
}

impl From<MasterDashboard> for pb::MasterDashboard {
    fn from(d: MasterDashboard) -> Self {
        let point = |(month, mrr)| pb::MrrPoint { month, mrr: amounts(mrr) };
        let deployments = d.deployments.into_iter().map(|(state, count)| pb::DeploymentCount {
            state: state.number(),
            count,
        });
        Self {
            tenants: tenants(d.tenants),
            new_tenants: d.new_tenants,
            previous_new_tenants: d.previous_new_tenants,
            mrr: amounts(d.mrr),
            previous_mrr: amounts(d.previous_mrr),
            mrr_history: d.mrr_history.into_iter().map(point).collect(),
            deployments: deployments.collect(),
            failing_deployments: all(d.failing),
            overdue_invoices: d.overdue_invoices,
            overdue: amounts(d.overdue),
            overdue_invoice_list: all(d.overdue_list),
            operations: all(d.operations),
        }
    }
}

impl From<TenantDashboard> for pb::TenantDashboard {
    fn from(d: TenantDashboard) -> Self {
        let next = d.subscription.as_ref().zip(d.next_invoice_amount);
        Self {
            tenant: Some(d.tenant.into()),
            deployments: all(d.deployments),
            next_invoice_amount: next.map(|(subscription, amount)| money(&subscription.currency, amount)),
            subscription: d.subscription.map(Into::into),
            plan_name: d.plan_name,
            open_amount: amounts(d.open),
            invoices: all(d.invoices),
        }
    }
}

impl From<ResellerDashboard> for pb::ResellerDashboard {
    fn from(d: ResellerDashboard) -> Self {
        Self {
            reseller: Some(d.reseller.into()),
            customers: tenants(d.customers),
            mrr: amounts(d.mrr),
            earned: amounts(d.earned.lately),
            previous_earned: amounts(d.earned.before),
            pending: amounts(d.earned.pending),
            approved: amounts(d.earned.approved),
            newest_customers: all(d.newest),
        }
    }
}
