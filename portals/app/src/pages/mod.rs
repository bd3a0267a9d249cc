//! The pages that every portal has.

mod account;
mod alone;
mod invitation;
mod password;
mod refused;
mod setup;
mod sign_in;

pub(crate) use account::AccountSwitch;
pub(crate) use alone::Alone;
pub(crate) use invitation::Invitation;
pub use password::Password;
pub(crate) use refused::Forbidden;
pub use refused::{NotFound, guard, guard_id};
pub(crate) use setup::Setup;
pub(crate) use sign_in::{SignIn, SignInForm};
