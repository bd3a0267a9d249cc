//! Users and their roles.
//!
//! A person is one row, whatever accounts the person has a role in, which the platform only can read; each account knows its membership.

mod accept;
pub mod convert;
pub mod entity;
pub mod invitation;
mod invite;
mod link;
pub mod membership;
mod read;
mod role;

pub use accept::{Acceptance, accept, inspect};
pub use invite::{Invited, NewUser, invite};
pub use link::{Link, NewMember, Welcome, invite_with_link, issue};
pub use read::{get, list};
pub use role::{Which, remove, remove_all, set as set_role};

use super::secret;
use crate::{
    clock::Time,
    cx::Cx,
    error::{Error, Result},
    id::UserId,
    store::{Answer, Keyed, Owner, Scope, Subject, Tx, Visible},
};
use entity::UserState;
use membership::Role;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Refuses to give, change or take away a role that may do what the caller's own may not.
fn within_reach<S>(cx: &Cx<S>, role: Role) -> Result<()> {
    match &cx.caller {
        Some(caller) if !cx.app.policy.now().may_hand_out(caller.role, role) => Err(Error::Beyond(role.to_string())),
        _ => Ok(()),
    }
}

/// Holds a person of the account against changes by others until the transaction ends. It is not told whether others know somebody whom the account does not.
async fn hold<S: Scope>(tx: &Tx<S>, person: UserId) -> Result<()>
where
    membership::Entity: Visible<S>,
{
    let known = tx.find::<membership::Entity>().with(membership::Column::UserId, person);
    known.first().await?.ok_or(Error::NotFound(entity::Entity::KIND))?;
    tx.widened(async |people| people.lock::<entity::Entity>(person).await).await?;
    Ok(())
}

/// A person as somebody may see the person: an account with its own role, the platform with all.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    /// The person.
    pub id: UserId,
    /// The login.
    pub email: String,
    /// The name.
    pub display_name: String,
    /// Whether the person has accepted.
    pub state: UserState,
    /// The last sign-in.
    pub last_sign_in_at: Option<Time>,
    /// Since when the person is known.
    pub created_at: Time,
    /// The roles.
    pub places: Vec<Place>,
}

/// A role, with the name of its account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The role.
    pub membership: membership::Model,
    /// What the account is called.
    pub name: String,
}

impl Place {
    /// The tenant's or reseller's id; empty for the platform.
    pub fn account_id(&self) -> String {
        match self.membership.account() {
            Owner::Platform => String::new(),
            account => account.key(),
        }
    }
}

/// The person as the account of a role knows the person.
impl From<Place> for Person {
    fn from(place: Place) -> Self {
        let m = place.membership.clone();
        Self {
            id: m.user_id,
            email: m.email,
            display_name: m.display_name,
            state: m.state,
            last_sign_in_at: m.last_sign_in_at,
            created_at: m.created_at,
            places: vec![place],
        }
    }
}

/// What a change of a person answers: the role in the account in whose trail the change is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member(pub membership::Model);

impl Answer for Member {
    fn subject(&self) -> Subject {
        Subject {
            kind: "user",
            id: self.0.user_id.to_string(),
            name: self.0.email.clone(),
            owner: self.0.account(),
        }
    }
}

/// The one spelling of a login: letters that are written alike are the same in whatever form they are typed.
pub fn login(email: &str) -> String {
    email.trim().to_lowercase().nfc().collect()
}

/// An id for a person. Its time part is random too: an account that invites somebody must not read in the id since when that person is known elsewhere.
pub fn new_id() -> Result<UserId> {
    let id = uuid::Builder::from_random_bytes(secret::random()?).with_version(uuid::Version::SortRand);
    Ok(id.into_uuid().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn spellings_of_one_login_are_one() {
        assert_eq!(login(" Anna@Example.COM "), "anna@example.com");
        assert_eq!(login("ju\u{308}rgen@example.com"), login("J\u{dc}RGEN@example.com"));
    }

    #[test]
    fn a_person_s_id_is_of_the_common_kind_and_tells_no_time() -> Result<()> {
        let (a, b) = (new_id()?, new_id()?);
        assert_eq!(a.uuid().get_version_num(), 7);
        assert_eq!(a.to_string().parse(), Ok(a));
        assert_ne!(a.uuid().as_bytes()[..6], b.uuid().as_bytes()[..6]);
        Ok(())
    }
}
