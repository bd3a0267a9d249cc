//! Who is calling, and may they call this: one layer in front of all services.

mod caller;
mod layer;
mod policy;
mod refusal;
mod token;

pub use caller::{Call, Caller, Known, platform, reseller, tenant, visitor};
pub use layer::{AuthLayer, Sessions, sessions};
pub use policy::{BUILT_IN, CurrentPolicy, Policy, methods};
pub use refusal::{Refusals, record_refusal};
pub use token::{Claims, Tokens};
