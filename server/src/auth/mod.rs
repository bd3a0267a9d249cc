//! Who is calling, and may they call this: one layer in front of all services.

mod caller;
mod layer;
mod policy;
mod token;

pub use caller::{Call, Caller, platform, reseller, tenant, visitor};
pub use layer::{AuthLayer, Sessions, sessions};
pub use policy::{BUILT_IN, CurrentPolicy, Policy, methods};
pub use token::{Claims, Tokens};
