//! Accounts: the platform, a tenant or a reseller, in which a person can have a role.

use super::{
    session::entity::Portal,
    user::membership::{self, Role},
};
use crate::{
    cx::Cx,
    error::{Error, Result},
    id::{ResellerId, TenantId},
    partners::reseller::entity as reseller,
    store::{Keyed, Owner, Platform, Reseller, Rows, Scope, Tenant},
    tenancy::tenant::entity as tenant,
};
use sea_orm::{ColumnTrait, Condition};
use std::{collections::HashMap, future::Future};
use tenant::TenantState;

/// What there is to know of an account.
#[derive(Clone, Debug)]
pub struct Account {
    /// What it is called; the platform goes by the vendor's name.
    pub name: String,
    /// Whether its people cannot sign in any more.
    pub gone: bool,
}

/// Accounts by whose they are. One that is missing does not exist, or not for whoever asks.
pub type Accounts = HashMap<Owner, Account>;

/// A scope that can look up the accounts in it.
pub trait Lookup: Scope {
    /// Some accounts.
    fn accounts(cx: &Cx<Self>, owners: impl IntoIterator<Item = Owner> + Send) -> impl Future<Output = Result<Accounts>> + Send;

    /// The same as the platform, where it is that.
    fn platform(_: &Cx<Self>) -> Option<&Cx<Platform>> {
        None
    }
}

impl Lookup for Platform {
    async fn accounts(cx: &Cx<Self>, owners: impl IntoIterator<Item = Owner> + Send) -> Result<Accounts> {
        among(owners, &cx.app.settings.vendor_name, cx.find(), cx.find()).await
    }

    fn platform(cx: &Cx<Self>) -> Option<&Cx<Platform>> {
        Some(cx)
    }
}

/// Some accounts of all that there are.
pub async fn among(
    owners: impl IntoIterator<Item = Owner> + Send,
    vendor: &str,
    all_tenants: Rows<'_, Platform, tenant::Entity>,
    all_resellers: Rows<'_, Platform, reseller::Entity>,
) -> Result<Accounts> {
    let (mut tenants, mut resellers, mut found) = (Vec::new(), Vec::new(), Accounts::new());
    for owner in owners {
        match owner {
            Owner::Tenant(id) => tenants.push(id),
            Owner::Reseller(id) => resellers.push(id),
            Owner::Platform => {
                let name = vendor.to_owned();
                found.insert(owner, Account { name, gone: false });
            }
        }
    }
    if !tenants.is_empty() {
        found.extend(all_tenants.among(tenants).all().await?.into_iter().map(of_tenant));
    }
    if !resellers.is_empty() {
        found.extend(all_resellers.among(resellers).all().await?.into_iter().map(of_reseller));
    }
    Ok(found)
}

impl Lookup for Tenant {
    async fn accounts(cx: &Cx<Self>, _: impl IntoIterator<Item = Owner> + Send) -> Result<Accounts> {
        Ok(cx.find::<tenant::Entity>().all().await?.into_iter().map(of_tenant).collect())
    }
}

impl Lookup for Reseller {
    async fn accounts(cx: &Cx<Self>, _: impl IntoIterator<Item = Owner> + Send) -> Result<Accounts> {
        Ok(cx.find::<reseller::Entity>().all().await?.into_iter().map(of_reseller).collect())
    }
}

fn of_tenant(row: tenant::Model) -> (Owner, Account) {
    let gone = is_gone(row.state);
    let name = row.display_name;
    (Owner::Tenant(row.id), Account { name, gone })
}

fn of_reseller(row: reseller::Model) -> (Owner, Account) {
    let name = row.display_name;
    (Owner::Reseller(row.id), Account { name, gone: false })
}

/// Whether the people of a tenant in a state cannot sign in. Those of a suspended one can.
pub fn is_gone(state: TenantState) -> bool {
    match state {
        TenantState::Onboarding | TenantState::Active | TenantState::Suspended => false,
        TenantState::Deleted | TenantState::Purged | TenantState::Failed => true,
    }
}

/// The account that a request names by its two fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct Named {
    /// The tenant.
    pub tenant: Option<TenantId>,
    /// The reseller.
    pub reseller: Option<ResellerId>,
}

impl Named {
    /// The account that is meant: for a tenant or a reseller its own, which may be left out; for the platform any, and itself where none is named.
    pub fn by(self, caller: Owner) -> Result<Owner> {
        let Self { tenant, reseller } = self;
        match caller {
            Owner::Platform if tenant.is_some() && reseller.is_some() => {
                Err(Error::invalid("reseller_id", "must be empty where tenant_id is given"))
            }
            Owner::Platform => Ok(Owner::of(tenant, reseller)),
            _ if tenant.is_some_and(|id| caller != Owner::Tenant(id)) => Err(Error::NotFound(tenant::Entity::KIND)),
            _ if reseller.is_some_and(|id| caller != Owner::Reseller(id)) => Err(Error::NotFound(reseller::Entity::KIND)),
            _ => Ok(caller),
        }
    }
}

/// What there is to know of one account. It is not found where it does not exist or the caller may not see it.
pub async fn get<S: Lookup>(cx: &Cx<S>, owner: Owner) -> Result<Account> {
    let kind = match owner {
        Owner::Reseller(_) => reseller::Entity::KIND,
        _ => tenant::Entity::KIND,
    };
    S::accounts(cx, [owner]).await?.remove(&owner).ok_or(Error::NotFound(kind))
}

/// The memberships of an account.
pub fn members(account: Owner) -> Condition {
    use membership::Column;
    match account {
        Owner::Tenant(id) => Condition::all().add(Column::TenantId.eq(id)),
        Owner::Reseller(id) => Condition::all().add(Column::ResellerId.eq(id)),
        Owner::Platform => Condition::all().add(Column::TenantId.is_null()).add(Column::ResellerId.is_null()),
    }
}

/// Refuses a role that does not belong to an account.
pub fn takes(account: Owner, role: Role) -> Result<()> {
    match (account, role.portal()) {
        (Owner::Platform, Portal::Master) | (Owner::Tenant(_), Portal::Tenant) | (Owner::Reseller(_), Portal::Reseller) => Ok(()),
        (Owner::Platform, Portal::Tenant) => Err(Error::invalid("tenant_id", "must be given for a tenant's role")),
        (Owner::Platform, Portal::Reseller) => Err(Error::invalid("reseller_id", "must be given for a reseller's role")),
        (Owner::Tenant(_), _) => Err(Error::invalid(
            "role",
            "must be ROLE_TENANT_ADMIN, ROLE_TENANT_USER or ROLE_TENANT_VIEWER in a tenant",
        )),
        (Owner::Reseller(_), _) => Err(Error::invalid(
            "role",
            "must be ROLE_RESELLER_ADMIN or ROLE_RESELLER_AGENT in a reseller",
        )),
    }
}

impl Role {
    /// The portal of the role.
    pub fn portal(self) -> Portal {
        match self {
            Self::MasterAdmin | Self::MasterOperator | Self::MasterSupport | Self::MasterViewer => Portal::Master,
            Self::TenantAdmin | Self::TenantUser | Self::TenantViewer => Portal::Tenant,
            Self::ResellerAdmin | Self::ResellerAgent => Portal::Reseller,
        }
    }

    /// The roles that an account must not be without.
    pub const ADMINS: [Self; 3] = [Self::MasterAdmin, Self::TenantAdmin, Self::ResellerAdmin];

    /// Whether it is one of those.
    pub fn is_admin(self) -> bool {
        Self::ADMINS.contains(&self)
    }
}

impl membership::Model {
    /// The account.
    pub fn account(&self) -> Owner {
        Owner::of(self.tenant_id, self.reseller_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn a_tenant_or_reseller_names_only_itself() {
        let (mine, other, reseller) = (TenantId::new(), TenantId::new(), ResellerId::new());
        let own = Owner::Tenant(mine);
        let named = |caller, tenant, reseller| Named { tenant, reseller }.by(caller);
        let reason = |r: Result<Owner>| r.map_err(|e| e.to_string());
        assert_eq!(reason(named(own, None, None)), Ok(own));
        assert_eq!(reason(named(own, Some(mine), None)), Ok(own));
        assert_eq!(reason(named(own, Some(other), None)), Err("There is no such tenant.".into()));
        assert_eq!(
            reason(named(own, Some(mine), Some(reseller))),
            Err("There is no such reseller.".into())
        );
        let own = Owner::Reseller(reseller);
        assert_eq!(reason(named(own, None, Some(reseller))), Ok(own));
        assert_eq!(reason(named(own, Some(mine), None)), Err("There is no such tenant.".into()));
        assert_eq!(reason(named(Owner::Platform, Some(mine), None)), Ok(Owner::Tenant(mine)));
        assert_eq!(reason(named(Owner::Platform, None, None)), Ok(Owner::Platform));
        assert!(named(Owner::Platform, Some(mine), Some(reseller)).is_err());
    }

    #[test]
    fn a_role_belongs_to_accounts_of_its_portal_only() {
        let accounts = [Owner::Platform, Owner::Tenant(TenantId::new()), Owner::Reseller(ResellerId::new())];
        for role in Role::iter() {
            let taking: Vec<_> = accounts.iter().filter(|a| takes(**a, role).is_ok()).collect();
            let portals = [Portal::Master, Portal::Tenant, Portal::Reseller];
            let place = portals.iter().position(|p| *p == role.portal()).expect("a portal");
            assert_eq!(taking, [&accounts[place]], "{role}");
        }
    }
}
