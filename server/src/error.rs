//! The one error of the program, and how it leaves as a status with google.rpc details.
//!
//! What a caller reads and what went wrong inside are kept apart: the cause of an internal error is logged once, here, and never sent.

use std::{fmt, time::Duration};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The domain of the reasons in google.rpc.ErrorInfo.
pub const DOMAIN: &str = "tenantry";

/// One wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field as a path in the request message, for example `tenant.contact.email`.
    pub field: String,
    /// What is wrong with it, as the rest of a sentence that begins with the field's name.
    pub message: String,
}

/// How many wrong fields are answered, and how many of them in the sentence: an answer has to fit into the headers that callers accept.
const MAX_VIOLATIONS: usize = 30;
const MAX_IN_SENTENCE: usize = 10;
/// How much of a caller's own words is repeated.
const MAX_QUOTED: usize = 60;

/// A caller's own words in quotes, cut where they are long.
pub fn echo(words: &str) -> String {
    match words.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{:?}...", &words[..end]),
        None => format!("{words:?}"),
    }
}

/// All that a caller is told of a defect.
pub const BROKEN: &str = "Something went wrong on our side. The request id helps us to find it.";

/// Everything that can keep an operation from being done.
#[derive(Debug)]
pub enum Error {
    /// Wrong input, with every wrong field.
    Invalid(Vec<Violation>),
    /// No message of the RPC, or none that can be read.
    Malformed,
    /// No credential or a bad one. The reason is a constant, the text tells no more than it.
    Unauthenticated(&'static str),
    /// The role may not call this RPC, whose full method path is given.
    Denied(String),
    /// The role may not give, change or take away this role, which may do more than it.
    Beyond(String),
    /// Missing, or outside of what the caller may see: the kind of thing only.
    NotFound(&'static str),
    /// There is one already: the kind of thing, the field of the request that collides, and the reason.
    Exists(&'static str, &'static str, &'static str),
    /// A wrong state: the reason, what is in the wrong state, and a sentence.
    Precondition(&'static str, String, String),
    /// The row was changed since the caller saw it.
    Stale,
    /// A quota or a limit: what it is of, a sentence, and when to try again if that helps.
    Exhausted(String, String, Option<Duration>),
    /// A page or resume token that is too old to go on from.
    OutOfRange(&'static str),
    /// Only another server process can do it: a sentence that says which.
    Elsewhere(String),
    /// Something the program needs is away; trying again helps.
    Unavailable(anyhow::Error),
    /// A defect or a fault of the machine.
    Internal(anyhow::Error),
}

/// The result of every operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// One wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation {
            field: field.into(),
            message: message.into(),
        }])
    }

    /// A wrong state of a thing.
    pub fn precondition(reason: &'static str, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Precondition(reason, subject.into(), message.into())
    }

    /// A defect or a fault of the machine.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }

    /// The whole answer to a call of gRPC that is refused before it is read.
    pub fn into_http<B: Default>(self) -> http::Response<B> {
        Status::from(self).into_http()
    }

    /// A constant that programs can compare; it is also the word in logs and audit entries.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "INVALID_ARGUMENT",
            Self::Malformed => "MALFORMED_REQUEST",
            Self::Unauthenticated(reason) => reason,
            Self::Denied(_) => "PERMISSION_DENIED",
            Self::Beyond(_) => "ROLE_BEYOND_OWN",
            Self::NotFound(_) => "NOT_FOUND",
            Self::Exists(_, _, reason) | Self::Precondition(reason, _, _) | Self::OutOfRange(reason) => reason,
            Self::Stale => "STALE_ETAG",
            Self::Exhausted(..) => "RESOURCE_EXHAUSTED",
            Self::Elsewhere(_) => "ON_ANOTHER_SERVER",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::Internal(_) => "INTERNAL",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(violations) => {
                f.write_str("The request is not valid:")?;
                for v in violations.iter().take(MAX_IN_SENTENCE) {
                    write!(f, " {} {};", v.field, v.message)?;
                }
                match violations.len().checked_sub(MAX_IN_SENTENCE) {
                    None | Some(0) => Ok(()),
                    Some(more) => write!(f, " and {more} more"),
                }
            }
            Self::Malformed => f.write_str("The request cannot be read: its bytes are no message of this RPC."),
            Self::Unauthenticated(reason) => f.write_str(match *reason {
                "BAD_SIGN_IN" => "The email address or the password is wrong.",
                "BAD_SETUP_TOKEN" => "The one-time token is wrong or was used. The server prints a new one when it starts.",
                "SESSION_ENDED" => "The session has ended. Sign in again.",
                "TOKEN_EXPIRED" => "The access token has expired.",
                "NO_TOKEN" => "This call needs an access token.",
                _ => "The access token is not valid.",
            }),
            Self::Denied(method) => write!(f, "Your role may not call {method}."),
            Self::Beyond(role) => write!(
                f,
                "Your role may not give, change or take away the role {role}, which may do what yours may not."
            ),
            Self::NotFound(kind) => write!(f, "There is no such {kind}."),
            Self::Exists(kind, field, _) => {
                let name = field.rsplit_once('.').map_or(*field, |(_, name)| name);
                write!(f, "There is a {kind} with this {name} already.")
            }
            Self::Precondition(_, _, message) | Self::Exhausted(_, message, _) | Self::Elsewhere(message) => f.write_str(message),
            Self::Stale => f.write_str("Somebody else has changed this in the meantime. Read it again, then repeat the change."),
            Self::OutOfRange(_) => f.write_str("The token is too old. Begin again without it."),
            Self::Unavailable(_) => f.write_str("The service cannot do this right now. Try again in a moment."),
            Self::Internal(_) => f.write_str(BROKEN),
        }
    }
}

impl std::error::Error for Error {
    /// For whoever started the program; callers never see it.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unavailable(cause) | Self::Internal(cause) => Some(&**cause),
            _ => None,
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let info = |details: &mut ErrorDetails, reason: &str| {
            details.set_error_info(reason, DOMAIN, std::collections::HashMap::new());
        };
        let mut details = ErrorDetails::new();
        let code = match &error {
            Error::Invalid(violations) => {
                for v in violations.iter().take(MAX_VIOLATIONS) {
                    details.add_bad_request_violation(&v.field, &v.message);
                }
                Code::InvalidArgument
            }
            Error::Malformed => {
                info(&mut details, "MALFORMED_REQUEST");
                Code::InvalidArgument
            }
            Error::Unauthenticated(reason) => {
                info(&mut details, reason);
                Code::Unauthenticated
            }
            Error::Denied(method) => {
                details.set_error_info("PERMISSION_DENIED", DOMAIN, [("method".to_owned(), method.clone())]);
                Code::PermissionDenied
            }
            Error::Beyond(role) => {
                details.set_error_info("ROLE_BEYOND_OWN", DOMAIN, [("role".to_owned(), role.clone())]);
                Code::PermissionDenied
            }
            Error::NotFound(kind) => {
                details.set_resource_info(*kind, "", "", "");
                Code::NotFound
            }
            Error::Exists(kind, field, reason) => {
                info(&mut details, reason);
                details.set_resource_info(*kind, *field, "", "");
                Code::AlreadyExists
            }
            Error::Precondition(reason, subject, message) => {
                info(&mut details, reason);
                details.add_precondition_failure_violation(*reason, subject, message);
                Code::FailedPrecondition
            }
            Error::Stale => {
                info(&mut details, "STALE_ETAG");
                Code::Aborted
            }
            Error::Exhausted(subject, message, retry) => {
                details.add_quota_failure_violation(subject, message);
                if retry.is_some() {
                    details.set_retry_info(*retry);
                }
                Code::ResourceExhausted
            }
            Error::OutOfRange(reason) => {
                info(&mut details, reason);
                Code::OutOfRange
            }
            Error::Elsewhere(_) => {
                info(&mut details, "ON_ANOTHER_SERVER");
                Code::Unavailable
            }
            Error::Unavailable(cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "unavailable");
                details.set_retry_info(Some(Duration::from_secs(1)));
                Code::Unavailable
            }
            Error::Internal(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "internal error");
                return Status::new(Code::Internal, message);
            }
        };
        Status::with_error_details(code, message, details)
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(cause: sea_orm::DbErr) -> Self {
        let away = match &cause {
            sea_orm::DbErr::ConnectionAcquire(_) | sea_orm::DbErr::Conn(_) => true,
            sea_orm::DbErr::Query(sea_orm::RuntimeErr::SqlxError(e)) | sea_orm::DbErr::Exec(sea_orm::RuntimeErr::SqlxError(e)) => {
                is_away(e)
            }
            _ => false,
        };
        if away {
            Self::Unavailable(cause.into())
        } else {
            Self::Internal(cause.into())
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        if is_away(&cause) {
            Self::Unavailable(cause.into())
        } else {
            Self::Internal(cause.into())
        }
    }
}

/// Whether the database is out of reach or out of places, so that trying again can help.
fn is_away(error: &sqlx::Error) -> bool {
    use sqlx::Error as E;
    match error {
        E::PoolTimedOut | E::PoolClosed | E::Io(_) | E::WorkerCrashed => true,
        // PostgreSQL: connection exceptions, out of resources, operator intervention, a statement that took too long, serialization failure, deadlock. SQLite: busy, locked.
        E::Database(e) => e.code().is_some_and(|c| {
            c.starts_with("08")
                || c.starts_with("53")
                || c.starts_with("57P")
                || c == "57014"
                || c == "40001"
                || c == "40P01"
                || c == "5"
                || c == "6"
                || c == "517"
        }),
        _ => false,
    }
}

impl From<crate::money::MoneyError> for Error {
    fn from(cause: crate::money::MoneyError) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Self::Internal(cause.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_error_tells_nothing_of_its_cause() {
        let status = Status::from(Error::internal(anyhow::anyhow!("password is hunter2")));
        assert_eq!(status.code(), Code::Internal);
        assert!(!format!("{status:?}").contains("hunter2"));
    }

    #[test]
    fn however_wrong_a_request_is_the_answer_fits_into_a_header() {
        let violation = |i: usize| Violation {
            field: format!("plan.prices[{i}].amount.currency_code"),
            message: format!("has {}, which is no currency", echo(&"ü".repeat(5000))),
        };
        let status = Status::from(Error::Invalid((0..5000).map(violation).collect()));
        let headers = status.into_http::<String>().into_parts().0.headers;
        let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
        assert!(size < 16 * 1024, "{size}");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let status = Status::from(Error::Invalid(vec![
            Violation {
                field: "slug".into(),
                message: "is empty".into(),
            },
            Violation {
                field: "plan_id".into(),
                message: "is empty".into(),
            },
        ]));
        let fields: Vec<_> = status
            .get_details_bad_request()
            .into_iter()
            .flat_map(|b| b.field_violations)
            .map(|v| v.field)
            .collect();
        assert_eq!(fields, ["slug", "plan_id"]);
    }
}
