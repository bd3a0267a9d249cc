//! Who and what the matrix tests need: a token of each role, and objects of two tenants and two resellers.

use std::collections::HashMap;

use anyhow::{Context, Result};
use portal_client::{
    Client,
    pb::{self, Portal},
};
use tenantry_tests::{Account, Database, Harness, PASSWORD, make};
use tokio::sync::OnceCell;

use super::{
    contract::{ROLES, Rpc, portal_of},
    raw::Wire,
};

/// An access token of each role.
pub struct Tokens(HashMap<pb::Role, String>);

impl Tokens {
    pub async fn of_all_roles(h: &Harness) -> Result<Self> {
        let (tenant, reseller) = (h.tenant("roles").await?, h.reseller("roles").await?);
        let mut tokens = HashMap::new();
        for role in ROLES {
            let client = match (portal_of(role), role) {
                (pb::Portal::Master, _) => h.staff(role).await?,
                (pb::Portal::Tenant, _) => tenant.member(role).await?,
                (_, _) => reseller.member(role).await?,
            };
            tokens.insert(role, sign_in(h, &client).await?.access_token);
        }
        Ok(Self(tokens))
    }

    pub fn of(&self, role: pb::Role) -> &str {
        self.0.get(&role).map_or("", String::as_str)
    }
}

/// Signs a person in once more; the answer has the tokens, which a client keeps to itself.
pub async fn sign_in(h: &Harness, client: &Client) -> Result<pb::Session> {
    let session = client.session().context("the client is signed in")?;
    let request = pb::SignInRequest {
        portal: session.portal,
        email: session.user.context("a session is somebody's")?.email,
        password: PASSWORD.into(),
        account_id: session.account.unwrap_or_default().id,
        cookie: false,
    };
    Ok(h.anybody(pb::Portal::Unspecified).auth().sign_in(request).await?)
}

/// A tenant and another, a reseller and another, and the vendor's admin.
pub struct World {
    pub wire: Wire,
    pub tenants: [Owned; 2],
    pub resellers: [Owned; 2],
    pub platform: Owned,
}

impl World {
    /// The one of a database; the tests leave it as it is.
    pub async fn of(h: &Harness) -> Result<&'static Self> {
        static WORLDS: [OnceCell<World>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
        let place = match h.database() {
            Database::Sqlite => &WORLDS[0],
            Database::Postgres => &WORLDS[1],
        };
        place.get_or_try_init(|| Self::make(h)).await
    }

    async fn make(h: &Harness) -> Result<Self> {
        let (own, other) = (h.tenant("own").await?, h.tenant("other").await?);
        // A second row in some lists, for pages.
        for account in [&own, &other] {
            account.viewer().await?;
        }
        let mut tenants = [Owned::tenant(h, &own).await?, Owned::tenant(h, &other).await?];
        let mut resellers = [Owned::reseller(h, "near").await?, Owned::reseller(h, "far").await?];
        let platform = Owned::platform(h, &tenants[0], &resellers[0]).await?;
        // A tenant may come across the id of a reseller, and the other way round.
        tenants[1]
            .ids
            .insert("res", resellers[1].ids.get("res").cloned().unwrap_or_default());
        for kind in ["dep", "sub", "inv", "ope"] {
            let id = tenants[1].ids.get(kind).cloned().unwrap_or_default();
            resellers[1].ids.insert(kind, id);
        }
        Ok(Self {
            wire: Wire::to(h)?,
            tenants,
            resellers,
            platform,
        })
    }

    /// Who calls an RPC, and whose ids are foreign to the caller; to the vendor none are.
    pub fn seen_by(&self, rpc: &Rpc) -> (&Owned, Option<&Owned>) {
        match rpc.portal() {
            Some(Portal::Tenant) => (&self.tenants[0], Some(&self.tenants[1])),
            Some(Portal::Reseller) => (&self.resellers[0], Some(&self.resellers[1])),
            _ => (&self.platform, None),
        }
    }

    /// The admin who calls an RPC.
    pub fn caller(&self, rpc: &Rpc) -> &Owned {
        self.seen_by(rpc).0
    }
}

/// An account and one object of each kind that belongs to it, by the prefix of the ids.
pub struct Owned {
    /// The access token of its admin.
    pub token: String,
    pub ids: HashMap<&'static str, String>,
}

impl Owned {
    /// Everything that a tenant has.
    pub async fn tenant(h: &Harness, account: &Account) -> Result<Self> {
        let (admin, calls) = (account.admin(), account.admin().tenant());
        let mut ids = HashMap::from([("ten", account.id.clone()), ("dep", account.deployment_id.clone())]);
        ids.insert("usr", first(calls.list_users(Default::default()).await?.users, |u| u.id)?);
        ids.insert(
            "sub",
            first(calls.list_subscriptions(Default::default()).await?.subscriptions, |s| s.id)?,
        );
        ids.insert("inv", first(calls.list_invoices(Default::default()).await?.invoices, |i| i.id)?);
        ids.insert("ope", first(calls.list_operations(Default::default()).await?.operations, |o| o.id)?);
        let token = sign_in(h, admin).await?.access_token;
        Ok(Self { token, ids })
    }

    /// Everything that a reseller has: a customer, who has paid, and the commission on that.
    pub async fn reseller(h: &Harness, code: &str) -> Result<Self> {
        let reseller = h.reseller(code).await?;
        reseller.agent().await?;
        let customer = h.customer(&reseller, &format!("{code}-isp")).await?;
        let invoices = customer.admin().tenant().list_invoices(Default::default()).await?.invoices;
        let invoice = invoices.first().context("the first invoice")?;
        let due = invoice.amount_due.clone().unwrap_or_default();
        h.master().record_payment(make::payment(&invoice.id, due)).await?;
        let calls = reseller.admin().reseller();
        let mut ids = HashMap::from([("res", reseller.id.clone()), ("ten", customer.id.clone())]);
        ids.insert("usr", first(calls.list_users(Default::default()).await?.users, |u| u.id)?);
        ids.insert(
            "com",
            first(calls.list_commissions(Default::default()).await?.commissions, |c| c.id)?,
        );
        let token = sign_in(h, reseller.admin()).await?.access_token;
        Ok(Self { token, ids })
    }

    /// What the vendor's admin sees: all of a tenant, and what the catalogue has.
    pub async fn platform(h: &Harness, tenant: &Owned, reseller: &Owned) -> Result<Self> {
        let mut ids = tenant.ids.clone();
        for kind in ["res", "com"] {
            ids.insert(kind, reseller.ids.get(kind).cloned().unwrap_or_default());
        }
        ids.insert("pla", h.plan().await?.id.clone());
        let token = sign_in(h, h.admin()).await?.access_token;
        Ok(Self { token, ids })
    }
}

fn first<T>(rows: Vec<T>, id: impl Fn(T) -> String) -> Result<String> {
    let kind = std::any::type_name::<T>();
    Ok(id(rows.into_iter().next().with_context(|| format!("there is no {kind}"))?))
}
