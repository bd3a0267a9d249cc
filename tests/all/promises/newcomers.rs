//! People, sessions and plans that are made past the RPCs, as many as a test needs: each is like one that was made as it should be.

use anyhow::{Context, Result};
use portal_client::{pb::Portal, request_id};
use tenantry::{
    billing::plan::entity as plan,
    cx::App,
    id::{MembershipId, PlanId, SessionId, UserId},
    identity::{
        session::entity as session,
        user::{entity as user, entity::UserState, membership},
    },
    work,
};
use tenantry_tests::Harness;

use super::colleague;
use crate::matrix::{Owned, World, contract::Rpc};

/// What something new is like.
#[derive(Clone, Copy, PartialEq)]
pub enum Like {
    /// Somebody who has not accepted yet.
    Guest,
    /// Somebody who is signed in.
    Visitor,
    /// A plan that is sold.
    Plan,
}

impl Like {
    /// What an RPC uses up.
    pub fn what(rpc: &Rpc) -> Option<Self> {
        match rpc.method.name() {
            "IssueInvitation" | "SetUserRole" | "RemoveUser" => Some(Self::Guest),
            "SignOut" => Some(Self::Visitor),
            "ArchivePlan" => Some(Self::Plan),
            _ => None,
        }
    }
}

/// Somebody of an account.
struct Person {
    user: user::Model,
    membership: membership::Model,
}

/// One of each kind to begin with. No [`Cx`](tenantry::cx::Cx) is kept: one that has read keeps its state of the database.
pub struct Newcomers {
    app: App,
    people: [Person; 3],
    session: session::Model,
    plan: plan::Model,
}

impl Newcomers {
    pub async fn of(h: &Harness, world: &World) -> Result<Self> {
        let app = h.running.app.clone();
        let person = async |of: &Owned| {
            let id: UserId = colleague(h, of).await?.user.context("a user")?.id.parse()?;
            let cx = work::cx(&app);
            let membership = cx.find::<membership::Entity>().with(membership::Column::UserId, id).first().await?;
            anyhow::Ok(Person {
                user: cx.find::<user::Entity>().get(id).await?,
                membership: membership.context("a role")?,
            })
        };
        let people = [
            person(&world.platform).await?,
            person(&world.tenants[0]).await?,
            person(&world.resellers[0]).await?,
        ];
        let cx = work::cx(&app);
        let session = cx
            .find::<session::Entity>()
            .with(session::Column::UserId, people[0].user.id)
            .first()
            .await?;
        let plan = world.platform.ids.get("pla").context("a plan")?.parse::<PlanId>()?;
        let plan = cx.find::<plan::Entity>().get(plan).await?;
        Ok(Self {
            session: session.context("a session")?,
            app,
            people,
            plan,
        })
    }

    /// Something new for a call of an RPC: its id, or an access token.
    pub async fn make(&self, rpc: &Rpc, like: Like) -> Result<String> {
        let person = match rpc.portal() {
            Some(Portal::Tenant) => &self.people[1],
            Some(Portal::Reseller) => &self.people[2],
            _ => &self.people[0],
        };
        let (name, cx) = (format!("n-{}", request_id()), work::cx(&self.app));
        let state = if like == Like::Guest {
            UserState::Invited
        } else {
            UserState::Active
        };
        let plan = plan::Model {
            id: PlanId::new(),
            code: name.clone(),
            ..self.plan.clone()
        };
        let user = user::Model {
            id: UserId::new(),
            email: format!("{name}@newcomers.example"),
            state,
            ..person.user.clone()
        };
        let membership = membership::Model {
            id: MembershipId::new(),
            user_id: user.id,
            email: user.email.clone(),
            state,
            ..person.membership.clone()
        };
        let session = session::Model {
            id: SessionId::new(),
            user_id: user.id,
            membership_id: membership.id,
            ..self.session.clone()
        };
        let made = match like {
            Like::Plan => plan.id.to_string(),
            Like::Guest => user.id.to_string(),
            Like::Visitor => {
                let token = cx.app.tokens.issue(user.id, session.id, membership.id, session.portal, cx.now())?;
                token.0
            }
        };
        cx.db
            .bookkeep(async |tx| {
                if like == Like::Plan {
                    return tx.put(plan).await.map(|_| ());
                }
                tx.put(user).await?;
                tx.put(membership).await?;
                if like == Like::Visitor {
                    tx.put(session).await?;
                }
                Ok(())
            })
            .await?;
        Ok(made)
    }
}
