//! The one error of a call.

use std::{fmt, time::Duration};

use prost::Message;
use tenantry_proto::v1 as pb;
use tonic::Status;

pub use tonic::Code;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// The kind.
    pub code: Code,
    /// The server's constant for the case, `SLUG_TAKEN` for example; the name of the code where it gave none.
    pub reason: String,
    /// The wrong fields of the request as (path, remark): `("contact.email", "is no email address")`.
    pub violations: Vec<(String, String)>,
    /// What happened and what to do, as a sentence for a person.
    pub message: String,
    /// Names the call in the server's log; absent when no answer came.
    pub request_id: Option<String>,
    /// When to try again, if that helps.
    pub retry_after: Option<Duration>,
    /// No answer came: what was sent may have been done. A repetition with the same `request_id` is safe.
    pub uncertain: bool,
    /// Who may not call what; only where it was refused for that.
    pub refused: Option<Refused>,
}

/// A role that may not call an RPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The RPC by its full path, as permissions name it.
    pub permission: String,
    /// The role of the session; unspecified where there was none.
    pub role: pb::Role,
}

impl RpcError {
    /// Whether the session has to be begun again.
    pub fn is_unauthenticated(&self) -> bool {
        self.code == Code::Unauthenticated
    }

    /// Whether a fresh access token may help.
    pub(crate) fn wants_fresh_token(&self) -> bool {
        self.is_unauthenticated() && matches!(self.reason.as_str(), "TOKEN_EXPIRED" | "SESSION_ENDED" | "BAD_TOKEN")
    }

    /// The same for a caller with this role.
    pub(crate) fn of_role(mut self, role: pb::Role) -> Self {
        if let Some(refused) = &mut self.refused {
            refused.role = role;
        }
        self
    }

    /// An answer that is none.
    pub(crate) fn garbled() -> Self {
        Self::unanswered(
            Code::Internal,
            "The server's answer could not be read. Reload the page, then try again.",
        )
    }

    /// There is no server to call.
    pub(crate) fn unreachable() -> Self {
        Self::unanswered(
            Code::Unavailable,
            "The server cannot be reached. Check the connection, then try again.",
        )
    }

    fn unanswered(code: Code, message: &str) -> Self {
        Self {
            code,
            reason: constant(code).to_owned(),
            violations: Vec::new(),
            message: message.to_owned(),
            request_id: None,
            retry_after: None,
            uncertain: true,
            refused: None,
        }
    }
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.reason)
    }
}

impl std::error::Error for RpcError {}

impl From<Status> for RpcError {
    fn from(status: Status) -> Self {
        // What the transport itself says has a cause; what the server says has none.
        let local = std::error::Error::source(&status).is_some() || status.code() == Code::Unknown;
        if status.code() == Code::DeadlineExceeded || (local && status.message().contains("Timeout expired")) {
            return Self {
                request_id: request_id(&status),
                ..Self::unanswered(Code::DeadlineExceeded, "The server did not answer in time. Try again in a moment.")
            };
        }
        if local {
            return Self {
                request_id: request_id(&status),
                ..Self::unreachable()
            };
        }
        let mut error = Self {
            code: status.code(),
            reason: constant(status.code()).to_owned(),
            violations: Vec::new(),
            message: status.message().to_owned(),
            request_id: request_id(&status),
            retry_after: None,
            uncertain: false,
            refused: None,
        };
        let details = rpc::Status::decode(status.details()).map(|s| s.details).unwrap_or_default();
        for detail in details {
            error.read(detail.type_url.rsplit('/').next().unwrap_or_default(), &detail.value);
        }
        error
    }
}

impl RpcError {
    /// Takes over one google.rpc detail. One that cannot be read says nothing.
    fn read(&mut self, kind: &str, value: &[u8]) {
        match kind {
            "google.rpc.ErrorInfo" => {
                let info = rpc::ErrorInfo::decode(value).unwrap_or_default();
                if !info.reason.is_empty() {
                    self.reason = info.reason;
                }
                if self.code == Code::PermissionDenied {
                    self.refused = info.metadata.get("method").map(|method| Refused {
                        permission: method.clone(),
                        role: pb::Role::Unspecified,
                    });
                }
            }
            "google.rpc.BadRequest" => {
                let wrong = rpc::BadRequest::decode(value).unwrap_or_default().field_violations;
                self.violations.extend(wrong.into_iter().map(|v| (v.field, v.description)));
            }
            // Which field collides with what there is already.
            "google.rpc.ResourceInfo" if self.code == Code::AlreadyExists => {
                let field = rpc::ResourceInfo::decode(value).unwrap_or_default().resource_name;
                if !field.is_empty() {
                    self.violations.push((field, self.message.clone()));
                }
            }
            "google.rpc.RetryInfo" => {
                let delay = rpc::RetryInfo::decode(value).unwrap_or_default().retry_delay;
                self.retry_after = delay.and_then(|d| d.try_into().ok());
            }
            _ => {}
        }
    }
}

fn request_id(status: &Status) -> Option<String> {
    let value = status.metadata().get("x-request-id")?;
    value.to_str().ok().map(str::to_owned)
}

/// The name of a code as the protocol writes it.
fn constant(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// The google.rpc messages that are read here, with no field that is not.
mod rpc {
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    pub struct Status {
        #[prost(message, repeated, tag = "3")]
        pub details: Vec<prost_types::Any>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct ErrorInfo {
        #[prost(string, tag = "1")]
        pub reason: String,
        #[prost(btree_map = "string, string", tag = "3")]
        pub metadata: std::collections::BTreeMap<String, String>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct BadRequest {
        #[prost(message, repeated, tag = "1")]
        pub field_violations: Vec<FieldViolation>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct FieldViolation {
        #[prost(string, tag = "1")]
        pub field: String,
        #[prost(string, tag = "2")]
        pub description: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct ResourceInfo {
        #[prost(string, tag = "2")]
        pub resource_name: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        pub retry_delay: Option<prost_types::Duration>,
    }
}
