//! The entry in the audit trail for a call that was refused: one place for all RPCs, which sees the answer only.
//!
//! Of an RPC that changes something every refusal is told; what is no refusal but a fault of the server, or a limit of how often, is in its log. Of one that reads only
//! that the role may not call it, which is how somebody feels for the limits of a role; that something is not there happens to everybody. The entry is in the trail of the
//! caller's account. Of those who have not signed in it is in the vendor's, whether or not there is somebody with the address, in which no tenant reads.
//!
//! Nobody fills a trail with refusals, or takes the database from others with them: of one caller some are told ([`crate::serve::limits`]) for
//! each of what it may not see, may not do, and asked wrongly; they are written one after the other over one connection, and only so many wait for that. What is too
//! much is in the server's log only.

use super::caller::{Call, actor};
use crate::{
    cx::App,
    error::{Error, Result},
    serve::limits::{Client, Refused},
    store::{Owner, Platform, Refusal, Reseller, Tenant},
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use prost::Message;
use prost_types::{FileDescriptorSet, method_options::IdempotencyLevel};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, atomic::Ordering},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// What the contract says that each RPC does: read, keep a session going, or else change something.
static LEVELS: LazyLock<HashMap<String, IdempotencyLevel>> = LazyLock::new(|| {
    let set = FileDescriptorSet::decode(tenantry_proto::DESCRIPTORS).unwrap_or_default();
    let services = set.file.iter().filter(|f| f.package() == "tenantry.v1").flat_map(|f| &f.service);
    let methods = services.flat_map(|s| s.method.iter().map(move |m| (s, m)));
    methods
        .map(|(service, method)| {
            let level = method.options.as_ref().map(|options| options.idempotency_level());
            let path = format!("/tenantry.v1.{}/{}", service.name(), method.name());
            (path, level.unwrap_or_default())
        })
        .collect()
});

/// How much of a reason is kept.
const MAX_REASON: usize = 200;

/// How many refusals may wait until they are written.
const WAITING: usize = 200;

/// Refusals on their way into the audit trail: those that wait hold no connection to the database.
pub struct Refusals {
    waiting: Arc<Semaphore>,
    writing: Semaphore,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(WAITING)),
            writing: Semaphore::new(1),
        }
    }
}

/// Writes the entry of a call that was refused, before the answer leaves.
pub async fn record_refusal(State(app): State<App>, request: Request, next: Next) -> Response {
    let method = request.uri().path().to_owned();
    let call = request.extensions().get::<Call>().cloned();
    let client = request.extensions().get::<Client>().copied();
    let response = next.run(request).await;
    let status = Status::from_header_map(response.headers());
    if let (Some(call), Some(client), Some(status)) = (call, client, status)
        && let Some((why, refusal)) = refusal(&method, &call, &status, app.policy.now().is_public(&method))
    {
        tell(app, call, client, why, refusal).await;
    }
    response
}

async fn tell(app: App, call: Call, client: Client, why: Refused, refusal: Refusal) {
    let person = call.known.caller.get().map(|caller| caller.user_id);
    let may = app.limits.refusal(client.0, person, why);
    let Some(place) = may.then(|| app.refusals.waiting.clone().try_acquire_owned().ok()).flatten() else {
        let (who, Refusal { rpc, result, reason, .. }) = (person.map(|id| id.to_string()), refusal);
        tracing::info!(
            id = call.request_id,
            who,
            rpc,
            result,
            reason,
            "a refusal that is not in the audit trail"
        );
        return;
    };
    let rpc = refusal.rpc.clone();
    // In a task of its own, so that nobody gets away by hanging up.
    let written = tokio::spawn(async move { write(&app, call, refusal, place).await });
    if let Ok(Err(error)) = written.await {
        tracing::error!(%error, cause = ?std::error::Error::source(&error), rpc, "a refusal is not in the audit trail");
    }
}

/// What is told of an answer, if anything is, and why it was refused.
fn refusal(method: &str, call: &Call, status: &Status, is_public: bool) -> Option<(Refused, Refusal)> {
    let result = word(status)?;
    let caller = call.known.caller.get();
    let level = LEVELS.get(method)?;
    let is_told = match level {
        IdempotencyLevel::IdempotencyUnknown => {
            let is_preview = call.known.is_preview.load(Ordering::Relaxed);
            (caller.is_some() || is_public) && (!is_preview || status.code() == Code::PermissionDenied)
        }
        IdempotencyLevel::NoSideEffects => caller.is_some() && status.code() == Code::PermissionDenied,
        IdempotencyLevel::Idempotent => false,
    };
    let why = match status.code() {
        Code::PermissionDenied if *level == IdempotencyLevel::NoSideEffects => Refused::Reader,
        Code::PermissionDenied | Code::Unauthenticated => Refused::Caller,
        _ => Refused::Request,
    };
    let refusal = Refusal {
        rpc: method.trim_start_matches("/tenantry.v1.").to_owned(),
        result,
        reason: reason(status),
        about: call.known.about.get().cloned(),
    };
    is_told.then_some((why, refusal))
}

/// The word of a status that is a refusal.
fn word(status: &Status) -> Option<&'static str> {
    Some(match status.code() {
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::Unauthenticated => "UNAUTHENTICATED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        // What helps to wait for was asked too often; to tell it each time would make it worse.
        Code::ResourceExhausted if status.get_details_retry_info().is_none() => "RESOURCE_EXHAUSTED",
        _ => return None,
    })
}

/// Constants and names of fields only: the sentence of a refusal may repeat the caller's own words, which may be a secret.
fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    let fields = details
        .bad_request()
        .map(|b| b.field_violations.iter().map(|v| v.field.as_str()).collect::<Vec<_>>());
    let text = match (fields, details.error_info(), details.resource_info(), details.quota_failure()) {
        (Some(fields), ..) => fields.join(", "),
        (_, Some(info), ..) => info.reason.clone(),
        (_, _, Some(resource), _) => resource.resource_type.clone(),
        (.., Some(quota)) => quota.violations.iter().map(|v| v.subject.as_str()).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    text.chars().take(MAX_REASON).collect()
}

async fn write(app: &App, mut call: Call, refusal: Refusal, _place: OwnedSemaphorePermit) -> Result<()> {
    let _turn = app.refusals.writing.acquire().await.map_err(Error::internal)?;
    call.caller = call.known.caller.get().cloned();
    let owner = call.caller.as_ref().map_or(Owner::Platform, |caller| caller.owner);
    let actor = actor(&call);
    match owner {
        Owner::Platform => app.store.open(Platform::new(), actor).refuse(refusal).await,
        Owner::Tenant(id) => app.store.open(Tenant::new(id), actor).refuse(refusal).await,
        Owner::Reseller(id) => app.store.open(Reseller::new(id), actor).refuse(refusal).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Call {
        Call {
            request_id: String::new(),
            method: String::new(),
            remote_address: String::new(),
            caller: None,
            known: Default::default(),
        }
    }

    #[test]
    fn the_contract_says_what_each_rpc_does() {
        let level = |method: &str| LEVELS.get(&format!("/tenantry.v1.{method}")).copied();
        assert_eq!(level("AuthService/RefreshSession"), Some(IdempotencyLevel::Idempotent));
        assert_eq!(level("MasterAdminService/ListPlans"), Some(IdempotencyLevel::NoSideEffects));
        assert_eq!(level("MasterAdminService/CreatePlan"), Some(IdempotencyLevel::IdempotencyUnknown));
        assert!(LEVELS.len() > 90);
    }

    #[test]
    fn faults_and_limits_are_no_refusals() {
        let wait = Some(std::time::Duration::from_secs(1));
        for error in [
            Error::internal(anyhow::anyhow!("x")),
            Error::Unavailable(anyhow::anyhow!("x")),
            Error::Elsewhere("x".into()),
            Error::Exhausted("sign-ins".into(), "x".into(), wait),
        ] {
            assert_eq!(word(&error.into()), None);
        }
        assert_eq!(
            word(&Error::Exhausted("users".into(), "x".into(), None).into()),
            Some("RESOURCE_EXHAUSTED")
        );
    }

    #[test]
    fn a_reason_names_fields_and_repeats_nothing() {
        let status = Status::from(Error::invalid("current_password", "is not \"hunter2\""));
        let told = refusal("/tenantry.v1.AuthService/SignIn", &call(), &status, true).map(|(_, r)| (r.rpc, r.reason));
        assert_eq!(told, Some(("AuthService/SignIn".to_owned(), "current_password".to_owned())));
        assert_eq!(reason(&Error::NotFound("tenant").into()), "tenant");
        assert_eq!(reason(&Error::Stale.into()), "STALE_ETAG");
    }

    #[test]
    fn nothing_is_told_of_strangers_but_what_is_open_to_them() {
        let status = Status::from(Error::Unauthenticated("BAD_TOKEN"));
        for method in ["MasterAdminService/CreatePlan", "MasterAdminService/ListPlans", "NoService/Nothing"] {
            assert!(
                refusal(&format!("/tenantry.v1.{method}"), &call(), &status, false).is_none(),
                "{method}"
            );
        }
        for method in ["AuthService/GetInvitation", "AuthService/RefreshSession"] {
            assert!(
                refusal(&format!("/tenantry.v1.{method}"), &call(), &status, true).is_none(),
                "{method}"
            );
        }
    }
}
