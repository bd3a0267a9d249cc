//! Who and what the matrix tests need: a token of each role, and objects of two tenants and two resellers.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use portal_client::{
    Client,
    pb::{self, Portal},
    request_id,
};
use prost::Message;
use prost_reflect::Value;
use tenantry_tests::{Account, Database, Harness, PASSWORD, make};
use tokio::sync::{Mutex, OnceCell};

use super::{
    contract::{ROLES, Rpc, portal_of, rpcs},
    raw::{Answer, Wire},
    request::{good, set},
};
use crate::people::token;

/// How old the sessions of a world may be when a test begins: their access tokens are good for a quarter of an hour.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// An access token of each role.
pub struct Tokens(HashMap<pb::Role, String>);

impl Tokens {
    /// Those of people who are made for it, in accounts with a name.
    pub async fn of_all_roles(h: &Harness, name: &str) -> Result<Self> {
        let (tenant, reseller) = (h.tenant(name).await?, h.reseller(name).await?);
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
    sign_in_again(h, &client.session().context("the client is signed in")?).await
}

/// Signs the person of a session in once more.
pub async fn sign_in_again(h: &Harness, session: &pb::Session) -> Result<pb::Session> {
    let request = pb::SignInRequest {
        portal: session.portal,
        email: session.user.clone().context("a session is somebody's")?.email,
        password: PASSWORD.into(),
        account_id: session.account.clone().unwrap_or_default().id,
        cookie: false,
    };
    Ok(h.anybody(pb::Portal::Unspecified).auth().sign_in(request).await?)
}

/// Two tenants, two resellers, a customer of each reseller, and the vendor's admin.
pub struct World {
    pub wire: Wire,
    pub tenants: [Owned; 2],
    pub resellers: [Owned; 2],
    pub customers: [Owned; 2],
    pub platform: Owned,
    /// What every account may come across: the catalogue, and who of the vendor's staff did something.
    pub public: BTreeSet<String>,
    /// When its people have signed in.
    signed_in: Mutex<Instant>,
}

impl World {
    /// The one of a database; the tests leave it as it is.
    pub async fn of(h: &Harness) -> Result<&'static Self> {
        static WORLDS: [OnceCell<World>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
        let place = match h.database() {
            Database::Sqlite => &WORLDS[0],
            Database::Postgres => &WORLDS[1],
        };
        place.get_or_try_init(|| Self::make(h)).await?.fresh(h).await
    }

    /// One of a server apart, for tests that change it.
    pub async fn apart(database: Database) -> Result<&'static (Harness, Self)> {
        static WORLDS: [OnceCell<(Harness, World)>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
        let place = match database {
            Database::Sqlite => &WORLDS[0],
            Database::Postgres => &WORLDS[1],
        };
        let make = async || {
            let h = Harness::alone(database).await?;
            let world = Self::make(&h).await?;
            anyhow::Ok((h, world))
        };
        let there = place.get_or_try_init(make).await?;
        there.1.fresh(&there.0).await?;
        Ok(there)
    }

    /// Signs all in anew where it is time.
    pub async fn fresh(&self, h: &Harness) -> Result<&Self> {
        let mut signed_in = self.signed_in.lock().await;
        if signed_in.elapsed() > FRESH {
            self.sign_in(h).await?;
            *signed_in = Instant::now();
        }
        drop(signed_in);
        Ok(self)
    }

    /// Signs all in anew.
    pub async fn sign_in(&self, h: &Harness) -> Result<()> {
        for owned in self.accounts().chain([&self.platform]) {
            owned.renew(h).await?;
        }
        Ok(())
    }

    /// One of a test's own, with which it may do as it likes.
    pub async fn make(h: &Harness) -> Result<Self> {
        let signed_in = Instant::now();
        let ((own, other), (near, far)) = tokio::try_join!(
            async { tokio::try_join!(Owned::tenant(h, "own", None), Owned::tenant(h, "other", None)) },
            async { tokio::try_join!(Owned::reseller(h, "near"), Owned::reseller(h, "far")) },
        )?;
        // And somebody who knocks in vain.
        let knock = pb::SignInRequest {
            email: "stranger@world.example".into(),
            password: PASSWORD.into(),
            portal: pb::Portal::Master.into(),
            ..Default::default()
        };
        ensure!(h.anybody(pb::Portal::Master).auth().sign_in(knock).await.is_err());
        let ((near, near_customer), (far, far_customer)) = (near, far);
        let (tenants, resellers) = ([own, other], [near, far]);
        let plan = h.plan().await?;
        let admin = h
            .admin()
            .session()
            .and_then(|session| session.user)
            .context("the admin is signed in")?;
        let prices = plan.prices.iter().map(|price| price.id.clone());
        Ok(Self {
            wire: Wire::to(h)?,
            platform: Owned::platform(h, &tenants[0], &resellers[0]).await?,
            tenants,
            resellers,
            customers: [near_customer, far_customer],
            public: prices.chain([plan.id.clone(), admin.id]).collect(),
            signed_in: Mutex::new(signed_in),
        })
    }

    /// The admin who calls an RPC.
    pub fn caller(&self, rpc: &Rpc) -> &Owned {
        match rpc.portal() {
            Some(Portal::Tenant) => &self.tenants[0],
            Some(Portal::Reseller) => &self.resellers[0],
            _ => &self.platform,
        }
    }

    /// Somebody like the caller of an RPC, with other things; nobody is like the vendor.
    pub fn other(&self, rpc: &Rpc) -> Option<&Owned> {
        match rpc.portal() {
            Some(Portal::Tenant) => Some(&self.tenants[1]),
            Some(Portal::Reseller) => Some(&self.resellers[1]),
            _ => None,
        }
    }

    /// All accounts but the platform.
    pub fn accounts(&self) -> impl Iterator<Item = &Owned> + Clone {
        self.tenants.iter().chain(&self.resellers).chain(&self.customers)
    }

    /// Of every account one thing of each kind that the caller of an RPC must not know of; to the vendor there is none.
    pub fn foreign(&self, rpc: &Rpc) -> Vec<&str> {
        let caller = self.caller(rpc);
        let others = self
            .accounts()
            .filter(|other| rpc.portal() != Some(Portal::Master) && other.name != caller.name);
        let kinds = others.flat_map(|other| {
            let foreign = other.all().filter(|id| !self.may_both_know(caller, other, id));
            let by_kind: BTreeMap<_, _> = foreign.map(|id| (kind(id), id)).collect();
            by_kind.into_values()
        });
        kinds.collect()
    }

    /// Whether an id may be told to two accounts.
    pub fn may_both_know(&self, one: &Owned, other: &Owned, id: &str) -> bool {
        // What a reseller earned names the customer's payment.
        let is_customer = one.ids.get("ten") == other.ids.get("ten");
        self.public.contains(id) || (is_customer && ["ten", "res", "inv", "pay"].contains(&kind(id)))
    }
}

/// The prefix of an id.
pub fn kind(id: &str) -> &str {
    id.split('_').next().unwrap_or_default()
}

/// An account and what belongs to it.
pub struct Owned {
    pub name: String,
    pub session: RwLock<pb::Session>,
    /// One object of each kind, by the prefix of the ids; of a reseller the first customer is the tenant.
    pub ids: HashMap<&'static str, String>,
    /// What it is answered by each RPC that needs no id.
    pub answers: BTreeMap<String, Answer>,
}

impl Owned {
    /// The session of its admin.
    pub fn session(&self) -> pb::Session {
        self.session.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn token(&self) -> String {
        self.session().access_token
    }

    async fn renew(&self, h: &Harness) -> Result<()> {
        let session = sign_in_again(h, &self.session()).await?;
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = session;
        Ok(())
    }

    /// Every id that it is ever told.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let told: BTreeSet<_> = self.answers.values().flat_map(Answer::ids).collect();
        told.into_iter()
    }

    /// The token of a link for somebody new of the account.
    pub async fn link(&self, h: &Harness, name: &str) -> Result<String> {
        let id = |kind| self.ids.get(kind).cloned().unwrap_or_default();
        let (tenant_id, reseller_id, role) = match self.session().portal() {
            Portal::Tenant => (id("ten"), String::new(), pb::Role::TenantViewer),
            Portal::Reseller => (String::new(), id("res"), pb::Role::ResellerAgent),
            _ => (String::new(), String::new(), pb::Role::MasterViewer),
        };
        let request = pb::InviteUserRequest {
            tenant_id,
            reseller_id,
            ..make::user(name, role)
        };
        token(&h.master().invite_user(request).await?)
    }

    /// A tenant with two things of a kind wherever it may have them, so that lists have a second page.
    async fn tenant(h: &Harness, name: &str, reseller: Option<&Account>) -> Result<Self> {
        let account = match reseller {
            Some(reseller) => h.customer(reseller, name).await?,
            None => h.tenant(name).await?,
        };
        account.viewer().await?;
        let lab = pb::CreateDeploymentRequest {
            request_id: request_id(),
            tenant_id: account.id.clone(),
            suffix: "lab".into(),
            validate_only: false,
        };
        h.master().create_deployment(lab).await?;
        let calls = account.admin().tenant();
        let invoice = first(calls.list_invoices(Default::default()).await?.invoices, |i| i.id)?;
        for _ in 0..2 {
            h.master().record_payment(make::payment(&invoice, make::money("EUR", 100))).await?;
        }
        let ids = HashMap::from([
            ("ten", account.id.clone()),
            ("dep", account.deployment_id.clone()),
            ("inv", invoice),
            ("usr", first(calls.list_users(Default::default()).await?.users, |u| u.id)?),
            (
                "sub",
                first(calls.list_subscriptions(Default::default()).await?.subscriptions, |s| s.id)?,
            ),
            ("ope", first(calls.list_operations(Default::default()).await?.operations, |o| o.id)?),
        ]);
        Self::of(h, name, account.admin(), ids).await
    }

    /// A reseller with two customers, and the first one of them.
    pub async fn reseller(h: &Harness, name: &str) -> Result<(Self, Self)> {
        let reseller = h.reseller(name).await?;
        reseller.agent().await?;
        let customer = Self::tenant(h, &format!("{name}-isp"), Some(&reseller)).await?;
        h.customer(&reseller, &format!("{name}-too")).await?;
        let calls = reseller.admin().reseller();
        let ids = HashMap::from([
            ("res", reseller.id.clone()),
            ("ten", customer.ids.get("ten").cloned().unwrap_or_default()),
            ("usr", first(calls.list_users(Default::default()).await?.users, |u| u.id)?),
            (
                "com",
                first(calls.list_commissions(Default::default()).await?.commissions, |c| c.id)?,
            ),
        ]);
        Ok((Self::of(h, name, reseller.admin(), ids).await?, customer))
    }

    /// What the vendor's admin sees: all of a tenant, and what the catalogue has.
    async fn platform(h: &Harness, tenant: &Self, reseller: &Self) -> Result<Self> {
        let mut ids = tenant.ids.clone();
        for kind in ["res", "com"] {
            ids.insert(kind, reseller.ids.get(kind).cloned().unwrap_or_default());
        }
        ids.insert("pla", h.plan().await?.id.clone());
        Self::of(h, "platform", h.admin(), ids).await
    }

    async fn of(h: &Harness, name: &str, client: &Client, ids: HashMap<&'static str, String>) -> Result<Self> {
        let mut owned = Self {
            name: name.to_owned(),
            session: RwLock::new(sign_in(h, client).await?),
            ids,
            answers: BTreeMap::new(),
        };
        let portal = owned.session().portal();
        let wire = Wire::to(h)?;
        for rpc in rpcs()?
            .iter()
            .filter(|rpc| portal != Portal::Master && rpc.portal() == Some(portal) && !rpc.needs_an_id())
        {
            let mut request = good(rpc, &owned)?;
            if rpc.method.input().get_field_by_name("validate_only").is_some() {
                set(&mut request, "validate_only", Value::Bool(false))?;
            }
            let answer = wire.call_as(rpc, request.encode_to_vec().into(), &owned.token()).await?;
            owned.answers.insert(rpc.name(), answer);
        }
        Ok(owned)
    }
}

fn first<T>(rows: Vec<T>, id: impl Fn(T) -> String) -> Result<String> {
    let kind = std::any::type_name::<T>();
    Ok(id(rows.into_iter().next().with_context(|| format!("there is no {kind}"))?))
}
