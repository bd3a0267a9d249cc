//! Scopes: what decides which rows exist for somebody.

use crate::id::{Id, ResellerId, TenantId};
use sea_orm::{Condition, EntityTrait, IntoActiveModel, ModelTrait};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Whom a row or a caller belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Owner {
    /// The vendor.
    Platform,
    /// One tenant.
    Tenant(TenantId),
    /// One reseller.
    Reseller(ResellerId),
}

impl Owner {
    /// The tenant, if it is one.
    pub fn tenant(self) -> Option<TenantId> {
        match self {
            Self::Tenant(id) => Some(id),
            _ => None,
        }
    }

    /// The reseller, if it is one.
    pub fn reseller(self) -> Option<ResellerId> {
        match self {
            Self::Reseller(id) => Some(id),
            _ => None,
        }
    }

    /// From the two owner columns of a row, of which at most one is set.
    pub fn of(tenant: Option<TenantId>, reseller: Option<ResellerId>) -> Self {
        match (tenant, reseller) {
            (Some(id), _) => Self::Tenant(id),
            (None, Some(id)) => Self::Reseller(id),
            (None, None) => Self::Platform,
        }
    }

    /// A text that is different for each owner.
    pub fn key(self) -> String {
        match self {
            Self::Platform => "platform".into(),
            Self::Tenant(id) => id.to_string(),
            Self::Reseller(id) => id.to_string(),
        }
    }
}

/// A set of rows. The three there are can be made by `auth` and `work` only.
pub trait Scope: Clone + Send + Sync + 'static {
    /// Whose set it is.
    fn owner(&self) -> Owner;
}

/// All rows.
#[derive(Clone, Debug)]
pub struct Platform(());

/// The rows of one tenant.
#[derive(Clone, Debug)]
pub struct Tenant(TenantId);

/// The rows of one reseller.
#[derive(Clone, Debug)]
pub struct Reseller(ResellerId);

impl Platform {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

impl Tenant {
    pub(crate) fn new(id: TenantId) -> Self {
        Self(id)
    }

    /// The tenant.
    pub fn id(&self) -> TenantId {
        self.0
    }
}

impl Reseller {
    pub(crate) fn new(id: ResellerId) -> Self {
        Self(id)
    }

    /// The reseller.
    pub fn id(&self) -> ResellerId {
        self.0
    }
}

impl Scope for Platform {
    fn owner(&self) -> Owner {
        Owner::Platform
    }
}

impl Scope for Tenant {
    fn owner(&self) -> Owner {
        Owner::Tenant(self.0)
    }
}

impl Scope for Reseller {
    fn owner(&self) -> Owner {
        Owner::Reseller(self.0)
    }
}

/// Which rows of an entity a scope may see. Declared for every table in [`crate::tables`].
pub trait Visible<S>: EntityTrait {
    /// The condition that a visible row meets.
    fn rows(scope: &S) -> Condition;
}

/// An entity of which a scope may write rows.
pub trait Owned<S>: Visible<S> {
    /// Puts the owner into a row before it is written, whatever stood there.
    fn claim(scope: &S, row: &mut Self::Model);
}

/// A row, which knows its table. Declared with the table.
pub trait Row: ModelTrait<Entity = Self::Table> + IntoActiveModel<<Self::Table as EntityTrait>::ActiveModel> {
    /// The table.
    type Table: EntityTrait<Model = Self>;
}

/// An entity whose rows belong to somebody.
pub trait Belongs: EntityTrait {
    /// Whose a row is.
    fn owner(row: &Self::Model) -> Owner;
}

/// An entity with an id: what can be got and listed.
pub trait Keyed: EntityTrait {
    /// The type of its id.
    type Id: Id + Into<sea_orm::Value>;
    /// Its name in errors, audit entries and events, for example "tenant".
    const KIND: &'static str;
    /// The column of the id.
    const ID: Self::Column;
    /// The id of a row.
    fn key(row: &Self::Model) -> Self::Id;
}

/// An entity with a version and a name: what people and programs talk about. Its changes are versioned, audited and announced.
pub trait Resource: Belongs + Keyed<Model: Serialize + DeserializeOwned + PartialEq> {
    /// The column of the version.
    const VERSION: Self::Column;
    /// The fields that are left out of the audit trail: nobody changes them, but the machine keeps or observes them.
    const UNAUDITED: &'static [&'static str];
    /// The version of a row, from 1.
    fn version(row: &Self::Model) -> i64;
    /// Puts a new version into a row.
    fn set_version(row: &mut Self::Model, version: i64);
    /// What a person calls it.
    fn name(row: &Self::Model) -> String;
}
