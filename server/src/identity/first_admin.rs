//! The first admin: made once, with a one-time token that is printed at the first start, or from the settings.

use super::{
    guess::Guess,
    password, secret,
    session::{self, SignedIn, entity::Portal, places},
    user::{self, entity as users, invitation, membership},
};
use crate::{
    convert::Check,
    cx::{App, Cx},
    error::{Error, Result},
    id::{InvitationId, MembershipId},
    store::{Change, Platform, Rows, Tx},
    work,
};
use membership::Role;
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};

/// Who the first admin shall be.
pub struct NewAdmin {
    /// The login.
    pub email: String,
    /// The name.
    pub display_name: String,
    /// The password.
    pub password: String,
}

impl NewAdmin {
    /// Checks what was typed.
    pub fn check(email: &str, display_name: &str, password: &str) -> Result<Self> {
        let mut check = Check::default();
        let email = check.email("email", email, 1);
        let display_name = check.text("display_name", display_name, 1, 80);
        if let Some(message) = password::wrong(password) {
            check.bad("password", message);
        }
        check.done()?;
        Ok(Self {
            email,
            display_name,
            password: password.to_owned(),
        })
    }
}

/// At the start of a server: makes the admin from the settings, or answers a one-time token to make one with. Nothing where there is an admin.
pub async fn prepare(app: &App) -> anyhow::Result<Option<String>> {
    let cx = work::cx(app);
    if has_admin(cx.find()).await? {
        return Ok(None);
    }
    let settings = &app.settings;
    if !settings.bootstrap_email.is_empty() {
        let admin = NewAdmin::check(&settings.bootstrap_email, "Admin", &settings.bootstrap_password)
            .map_err(|e| anyhow::anyhow!("bootstrap_email and bootstrap_password: {e}"))?;
        make(&cx, admin, None).await?;
        return Ok(None);
    }
    let (token, token_hash) = secret::new()?;
    let now = cx.now();
    cx.db
        .bookkeep(async |tx| {
            let earlier = Condition::all()
                .add(invitation::Column::MembershipId.is_null())
                .add(invitation::Column::UsedAt.is_null());
            tx.set::<invitation::Entity>(earlier, [(invitation::Column::UsedAt, Expr::value(now))])
                .await?;
            let row = invitation::Model {
                id: InvitationId::new(),
                membership_id: None,
                token_hash: token_hash.clone(),
                expires_at: None,
                used_at: None,
                created_at: now,
            };
            tx.put(row).await
        })
        .await?;
    Ok(Some(token))
}

/// Makes the first admin with the one-time token, and signs the person in.
pub async fn create(cx: &Cx<Platform>, token: &str, admin: NewAdmin) -> Result<SignedIn> {
    let guess = Guess::at_link(cx);
    guess.may_be_made().await?;
    // Looked at before the password costs anything, and once more when the token is used up.
    if has_admin(cx.find()).await? {
        return Err(exists());
    }
    if cx.find::<invitation::Entity>().filter(open(token)).first().await?.is_none() {
        return Err(guess.was_wrong(BAD_TOKEN).await);
    }
    cx.db.release().await;
    let user = make(cx, admin, Some(token)).await?;
    let places = places::of(cx, user.id, Portal::Master).await?;
    let place = places::choose(&places, "")?;
    session::begin(cx, &user, place, places).await
}

const BAD_TOKEN: Error = Error::Unauthenticated("BAD_SETUP_TOKEN");

fn exists() -> Error {
    let message = "There is an admin already. Ask that person for an invitation.";
    Error::precondition("FIRST_ADMIN_EXISTS", "platform", message)
}

/// The one-time token, as long as it was not used.
fn open(token: &str) -> Condition {
    Condition::all()
        .add(invitation::Column::MembershipId.is_null())
        .add(invitation::Column::UsedAt.is_null())
        .add(invitation::Column::TokenHash.eq(secret::digest(token)))
}

async fn has_admin(memberships: Rows<'_, Platform, membership::Entity>) -> Result<bool> {
    Ok(memberships.with(membership::Column::Role, Role::MasterAdmin).count().await? > 0)
}

async fn make(cx: &Cx<Platform>, admin: NewAdmin, token: Option<&str>) -> Result<users::Model> {
    let hash = password::hash(&admin.password).await?;
    let now = cx.now();
    cx.change(Change::new("user.create_first_admin"), async |tx| {
        if has_admin(tx.find()).await? {
            return Err(exists());
        }
        if let Some(token) = token {
            redeem(tx, token).await?;
        }
        let user = users::Model {
            id: user::new_id()?,
            email: user::login(&admin.email),
            display_name: admin.display_name.clone(),
            password_hash: Some(hash.clone()),
            state: users::UserState::Active,
            last_sign_in_at: None,
            row_version: 1,
            created_at: now,
            updated_at: now,
        };
        let user = tx.insert_unique(user, "email", "EMAIL_TAKEN").await?;
        let role = membership::Model {
            id: MembershipId::new(),
            user_id: user.id,
            tenant_id: None,
            reseller_id: None,
            role: Role::MasterAdmin,
            email: user.email.clone(),
            display_name: user.display_name.clone(),
            state: users::UserState::Active,
            last_sign_in_at: None,
            row_version: 1,
            created_at: now,
            updated_at: now,
        };
        tx.insert(role).await?;
        Ok(user)
    })
    .await
}

/// Uses up the one-time token.
async fn redeem(tx: &Tx<Platform>, token: &str) -> Result<()> {
    let used = tx
        .set::<invitation::Entity>(open(token), [(invitation::Column::UsedAt, Expr::value(tx.db().clock().now()))])
        .await?;
    if used.is_empty() { Err(BAD_TOKEN) } else { Ok(()) }
}
