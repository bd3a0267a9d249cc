//! Forms: one pure check for all fields, one action, remarks of the server on their fields by path.

mod bind;
mod choice;
mod color;
mod field;
mod leave;
mod state;
mod text;
mod view;

pub use bind::Bind;
pub use choice::{CheckField, SelectField};
pub use color::{ColorField, is_color, takes_white};
pub use field::{Field, FieldParts};
pub use state::FormState;
pub use text::{MoneyField, PasswordField, TextArea, TextField};
pub use view::{Form, FormActions, FormSection, SubmitButton};
