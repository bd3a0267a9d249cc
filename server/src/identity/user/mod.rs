//! Users and their roles.

pub mod convert;
pub mod entity;
pub mod invitation;
pub mod membership;

use crate::{cx::Cx, error::Result, store::Platform};

/// The one spelling of a login.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The person with a login, in any spelling.
pub async fn find_by_email(cx: &Cx<Platform>, email: &str) -> Result<Option<entity::Model>> {
    cx.find::<entity::Entity>()
        .with(entity::Column::EmailKey, email_key(email))
        .first()
        .await
}
