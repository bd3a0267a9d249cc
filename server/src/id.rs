//! Ids: a prefix that names the kind, and a UUIDv7, so that the order of ids is the order of creation.
//!
//! On the wire and in logs an id is `ten_` and 32 lowercase hexadecimal digits; in the database it is a UUID.

use sea_orm::{DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be \"{prefix}_\" followed by 32 lowercase hexadecimal digits")]
pub struct BadId {
    prefix: &'static str,
}

/// What all ids have in common.
pub trait Id: Copy + fmt::Display + FromStr<Err = BadId> + From<Uuid> + Send + Sync + 'static {
    /// What stands before the underscore.
    const PREFIX: &'static str;
    /// The UUID inside.
    fn uuid(self) -> Uuid;
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, BadId> {
    let bad = BadId { prefix };
    let digits = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(bad.clone())?;
    let canonical = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !canonical {
        return Err(bad);
    }
    Uuid::try_parse(digits).map_err(|_| bad)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, greater than all that this process made before.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }

        // sea-orm asks this of every primary key; ids are never made from a row number.
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )*};
}

ids! {
    /// Names an audit entry.
    AuditEntryId = "aud";
    /// Names a commission.
    CommissionId = "com";
    /// Names a version of a reseller's commission agreement.
    AgreementId = "agr";
    /// Names a deployment.
    DeploymentId = "dep";
    /// Names the policy.
    PolicyId = "pol";
    /// Names an invitation.
    InvitationId = "ivt";
    /// Names an invoice.
    InvoiceId = "inv";
    /// Names a line of an invoice.
    InvoiceLineId = "inl";
    /// Names a membership: a user's role in one account.
    MembershipId = "mem";
    /// Names an operation.
    OperationId = "ope";
    /// Names a step of an operation.
    OperationStepId = "ops";
    /// Names a payment.
    PaymentId = "pay";
    /// Names a plan.
    PlanId = "pla";
    /// Names a price of a plan.
    PriceId = "pri";
    /// Names a reseller.
    ResellerId = "res";
    /// Names a signed-in session.
    SessionId = "ses";
    /// Names a category of a tenant's settings.
    TenantSettingId = "set";
    /// Names a subscription.
    SubscriptionId = "sub";
    /// Names a tenant.
    TenantId = "ten";
    /// Names a user.
    UserId = "usr";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_sorts_by_creation() {
        let (a, b) = (TenantId::new(), TenantId::new());
        assert_eq!(a.to_string().parse(), Ok(a));
        assert!(a < b && a.to_string() < b.to_string());
    }

    #[test]
    fn only_the_canonical_spelling_is_an_id() {
        let id = TenantId::new();
        let digits = id.0.simple().to_string();
        for text in [
            String::new(),
            "ten_".into(),
            digits.clone(),
            format!("res_{digits}"),
            format!("ten_{}", digits.to_uppercase()),
            format!("ten_{}", id.0),
            format!("ten_{{{}}}", id.0),
            format!(" ten_{digits}"),
            format!("ten_{digits}0"),
        ] {
            assert!(
                text == id.to_string() || text.parse::<TenantId>().is_err(),
                "{text:?} was taken for an id"
            );
        }
    }
}
