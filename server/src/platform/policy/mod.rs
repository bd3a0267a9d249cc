//! The policy: which role may call which RPC. The vendor can write one in place of the one that comes with the program.

pub mod convert;
pub mod entity;

use crate::{
    auth::{Policy, methods},
    convert::check_etag,
    cx::Cx,
    error::{Error, Result, Violation},
    id::PolicyId,
    identity::{session::entity::Portal, user::membership::Role},
    store::{Change, Platform},
};
use entity::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Iterable};
use uuid::Uuid;

/// The one row.
fn id() -> PolicyId {
    Uuid::nil().into()
}

/// How the policy changes.
pub struct PolicyPatch {
    /// The version the caller has seen; empty for any.
    pub etag: String,
    /// The new rules; empty for those that come with the program.
    pub text: Option<String>,
    /// Whether only to tell what would be.
    pub preview: bool,
}

/// What a role may call.
pub struct RolePermissions {
    /// The role.
    pub role: Role,
    /// Full paths of RPCs, in order.
    pub permissions: Vec<String>,
}

/// What some roles may call, in the order of their numbers.
pub struct Roles(Vec<RolePermissions>);

/// The policy as it is written.
pub async fn get(cx: &Cx<Platform>) -> Result<Model> {
    cx.find::<Entity>().get(id()).await
}

/// Writes the policy. This server follows it at once, the others within a second or two.
pub async fn update(cx: &Cx<Platform>, patch: PolicyPatch) -> Result<Model> {
    let methods = methods().map_err(Error::internal)?;
    if let Some(text) = patch.text.as_ref().filter(|text| !text.is_empty()) {
        let read = Policy::read(0, text, &methods).await.map_err(Error::internal)?;
        read.map_err(|wrong| Error::Invalid(wrong.into_iter().map(violation).collect()))?;
    }
    let row = cx
        .change(Change::new("policy.update").preview(patch.preview), async |tx| {
            let before = tx.lock::<Entity>(id()).await?;
            check_etag(&patch.etag, before.row_version)?;
            tx.update(&before, |p| {
                if let Some(text) = patch.text.as_ref().filter(|text| **text != p.text) {
                    p.text.clone_from(text);
                    p.known = methods.into();
                    p.updated_at = cx.business_now();
                }
            })
            .await
        })
        .await?;
    if !patch.preview {
        follow(cx).await?;
    }
    Ok(row)
}

fn violation(message: String) -> Violation {
    Violation {
        field: "policy.text".into(),
        message,
    }
}

/// What each role of the caller's portal may call; for the vendor all roles.
pub fn roles<S>(cx: &Cx<S>) -> Roles {
    let own = cx.caller.as_ref().map(|caller| caller.role.portal());
    let policy = cx.app.policy.now();
    let permissions = |role| RolePermissions {
        role,
        permissions: policy.permissions(role),
    };
    let seen = Role::iter().filter(|role| own == Some(Portal::Master) || own == Some(role.portal()));
    Roles(seen.map(permissions).collect())
}

/// Puts the policy into force if it is newer than the one that is. What cannot be read or understood changes nothing.
pub async fn follow(cx: &Cx<Platform>) -> Result<bool> {
    let cx = cx.fresh();
    let newer = Column::RowVersion.gt(cx.app.policy.now().version());
    let Some(row) = cx.find::<Entity>().filter(newer).first().await? else {
        return Ok(false);
    };
    let known = serde_json::from_value(row.known)?;
    let policy = Policy::written(row.row_version, row.text, known).await.map_err(Error::internal)?;
    tracing::info!(version = policy.version(), "the policy has changed");
    cx.app.policy.replace(policy);
    Ok(false)
}
