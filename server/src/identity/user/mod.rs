//! Users and their roles.

pub mod convert;
pub mod entity;
pub mod invitation;
mod invite;
pub mod membership;

pub use invite::{Invited, NewUser, invite};

use super::secret;
use crate::{error::Result, id::UserId};

/// The one spelling of a login.
pub fn login(email: &str) -> String {
    email.trim().to_lowercase()
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
