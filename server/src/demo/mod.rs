//! A believable vendor for a first look: filled through the services, with the business clock moved forward while it fills.

mod cast;
mod fill;
mod logins;
mod vendor;

pub use fill::fill;
pub use logins::Logins;
