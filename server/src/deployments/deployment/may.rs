//! What may be done with a deployment: one table.

use super::entity::{Cause, DesiredState, Model};
use crate::{
    error::{Error, Result},
    tenancy::tenant::entity::TenantState,
};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Start,
    Stop,
    Restart,
    Suspend,
    Resume,
    Delete,
    Undelete,
    Purge,
    Reveal,
}

/// Where a deployment stands for this table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Running,
    Stopped,
    Suspended,
    /// Held with its tenant.
    Held,
    Deleted,
    /// Nothing of it shall be left.
    Gone,
}

impl Standing {
    fn of(row: &Model) -> Self {
        match row.desired_state {
            DesiredState::Absent => Self::Gone,
            _ if row.deleted_at.is_some() => Self::Deleted,
            DesiredState::Running => Self::Running,
            DesiredState::Stopped => Self::Stopped,
            DesiredState::Suspended if row.held_by == Some(Cause::Tenant) => Self::Held,
            DesiredState::Suspended => Self::Suspended,
        }
    }
}

/// Refuses what the state of the tenant or of the deployment does not allow.
pub(super) fn may(verb: Verb, tenant: TenantState, row: &Model) -> Result<()> {
    refusal(verb, tenant, Standing::of(row)).map_or(Ok(()), |(reason, subject, message)| {
        Err(Error::precondition(reason, subject, message))
    })
}

type Refusal = (&'static str, &'static str, &'static str);

const TENANT_SUSPENDED: Refusal = (
    "TENANT_SUSPENDED",
    "tenant",
    "The tenant is suspended. Its deployments are held until the vendor resumes it.",
);
const SUSPENDED: Refusal = (
    "DEPLOYMENT_SUSPENDED",
    "deployment",
    "The deployment is suspended. It is held until the vendor resumes it.",
);
const DELETED: Refusal = (
    "DEPLOYMENT_DELETED",
    "deployment",
    "The deployment is deleted. Nothing can be done with it until the deletion is taken back.",
);

fn refusal(verb: Verb, tenant: TenantState, standing: Standing) -> Option<Refusal> {
    use Verb::{Delete, Purge, Restart, Resume, Reveal, Start, Stop, Suspend, Undelete};
    match (tenant, standing, verb) {
        (TenantState::Onboarding, ..) => Some((
            "TENANT_ONBOARDING",
            "tenant",
            "The tenant is being set up. Its deployment belongs to that until it is done.",
        )),
        (TenantState::Deleted, ..) => Some((
            "TENANT_DELETED",
            "tenant",
            "The tenant is deleted. Its deployments come back or go with it.",
        )),
        (TenantState::Purged | TenantState::Failed, ..) | (_, Standing::Gone, _) => Some((
            "DEPLOYMENT_PURGED",
            "deployment",
            "The deployment is purged or about to be. Nothing can be done with it any more.",
        )),

        (_, Standing::Deleted, Undelete | Purge) => None,
        (_, Standing::Deleted, _) => Some(DELETED),
        (_, _, Undelete | Purge) => Some((
            "DEPLOYMENT_NOT_DELETED",
            "deployment",
            "The deployment is not deleted. Only a deletion can be taken back or made final.",
        )),
        (_, _, Delete | Reveal) => None,

        (TenantState::Suspended, ..) | (_, Standing::Held, _) => Some(TENANT_SUSPENDED),
        (_, Standing::Suspended, Resume) => None,
        (_, Standing::Suspended, _) => Some(SUSPENDED),
        (_, _, Resume) => Some(("DEPLOYMENT_NOT_SUSPENDED", "deployment", "The deployment is not suspended.")),
        (_, Standing::Stopped, Restart) => Some(("DEPLOYMENT_STOPPED", "deployment", "The deployment is stopped. Start it instead.")),
        // Starting what runs and stopping what is stopped changes nothing.
        (_, Standing::Running | Standing::Stopped, Start | Stop | Restart | Suspend) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TenantState as T;

    const VERBS: [Verb; 9] = [
        Verb::Start,
        Verb::Stop,
        Verb::Restart,
        Verb::Suspend,
        Verb::Resume,
        Verb::Delete,
        Verb::Undelete,
        Verb::Purge,
        Verb::Reveal,
    ];
    const STANDINGS: [Standing; 6] = [
        Standing::Running,
        Standing::Stopped,
        Standing::Suspended,
        Standing::Held,
        Standing::Deleted,
        Standing::Gone,
    ];

    fn allowed(tenant: T, standing: Standing) -> Vec<Verb> {
        VERBS
            .into_iter()
            .filter(|verb| refusal(*verb, tenant, standing).is_none())
            .collect()
    }

    #[test]
    fn an_active_tenants_deployments() {
        use Verb::*;
        assert_eq!(
            allowed(T::Active, Standing::Running),
            [Start, Stop, Restart, Suspend, Delete, Reveal]
        );
        assert_eq!(allowed(T::Active, Standing::Stopped), [Start, Stop, Suspend, Delete, Reveal]);
        assert_eq!(allowed(T::Active, Standing::Suspended), [Resume, Delete, Reveal]);
        assert_eq!(allowed(T::Active, Standing::Deleted), [Undelete, Purge]);
        assert_eq!(allowed(T::Active, Standing::Gone), []);
    }

    #[test]
    fn a_suspended_tenants_deployments_are_held() {
        use Verb::*;
        for standing in [Standing::Running, Standing::Stopped, Standing::Suspended, Standing::Held] {
            assert_eq!(allowed(T::Suspended, standing), [Delete, Reveal], "{standing:?}");
        }
        assert_eq!(allowed(T::Suspended, Standing::Deleted), [Undelete, Purge]);
        assert_eq!(refusal(Start, T::Suspended, Standing::Held).map(|r| r.0), Some("TENANT_SUSPENDED"));
    }

    #[test]
    fn nobody_touches_the_deployments_of_a_tenant_that_comes_or_goes() {
        for tenant in [T::Onboarding, T::Deleted, T::Purged, T::Failed] {
            for standing in STANDINGS {
                assert_eq!(allowed(tenant, standing), [], "{tenant:?} {standing:?}");
            }
        }
    }
}
