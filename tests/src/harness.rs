//! What a test is given: the server, and everybody who calls it.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context, Result};
use portal_client::{Client, calls, pb};
use tokio::sync::OnceCell;

use crate::{
    Account, Database, Server,
    account::{accept, somebody},
    make,
    server::{ADMIN, PASSWORD},
};

/// A server and the vendor's admin.
pub struct Harness {
    server: Arc<Server>,
    admin: Client,
    plan: OnceCell<pb::Plan>,
    /// Tests share servers: this follows the names that a test chooses.
    suffix: String,
}

impl Deref for Harness {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Harness {
    /// For one test.
    pub async fn new(server: Arc<Server>) -> Result<Self> {
        // All as long as one another.
        static NEXT: AtomicU32 = AtomicU32::new(1000);
        let suffix = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        let admin = Client::new(&server.origin(), pb::Portal::Master, |_| ());
        admin.sign_in(ADMIN, PASSWORD, "").await?;
        Ok(Self {
            server,
            admin,
            plan: OnceCell::new(),
            suffix,
        })
    }

    /// With a server of its own, whose business clock it may move.
    pub async fn alone(database: Database) -> Result<Self> {
        Self::new(Server::start(database).await?).await
    }

    /// Which database it runs on.
    pub fn database(&self) -> Database {
        self.server.database
    }

    /// The calls of the vendor's admin.
    pub fn master(&self) -> calls::MasterAdmin<'_> {
        self.admin.master()
    }

    /// The vendor's admin.
    pub fn admin(&self) -> &Client {
        &self.admin
    }

    /// Somebody without a session.
    pub fn anybody(&self, portal: pb::Portal) -> Client {
        Client::new(&self.origin(), portal, |_| ())
    }

    /// Somebody else of the vendor's staff, invited and signed in.
    pub async fn staff(&self, role: pb::Role) -> Result<Client> {
        let invited = self.master().invite_user(make::user(&somebody("staff"), role)).await?;
        let invitation = invited.invitation.context("somebody new gets a link")?;
        accept(&self.origin(), pb::Portal::Master, &invitation.url).await
    }

    /// A name that no other test has.
    pub fn name(&self, name: &str) -> String {
        format!("{name}-{}", self.suffix)
    }

    /// A plan that every test may put tenants on: `make::plan`.
    pub async fn plan(&self) -> Result<&pb::Plan> {
        let make = async || anyhow::Ok(self.master().create_plan(make::plan(&self.name("plan"))).await?);
        self.plan.get_or_try_init(make).await
    }

    /// A tenant: onboarded, with a healthy instance, a first invoice, and an admin who is signed in.
    pub async fn tenant(&self, name: &str) -> Result<Account> {
        let plan = self.plan().await?;
        self.onboard(make::onboarding(&self.name(name), &plan.id)).await
    }

    /// The same from a request of one's own.
    pub async fn onboard(&self, request: pb::OnboardTenantRequest) -> Result<Account> {
        Account::onboard(self, request).await
    }

    /// A reseller with an admin who is signed in.
    pub async fn reseller(&self, code: &str) -> Result<Account> {
        Account::reseller(self, make::reseller(&self.name(code))).await
    }

    /// A tenant that a reseller brought.
    pub async fn customer(&self, reseller: &Account, name: &str) -> Result<Account> {
        let mut request = make::onboarding(&self.name(name), &self.plan().await?.id);
        if let Some(tenant) = &mut request.tenant {
            tenant.reseller_id = reseller.id.clone();
        }
        self.onboard(request).await
    }
}
