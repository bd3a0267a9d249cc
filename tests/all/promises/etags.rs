//! Etags: whatever can be changed can be changed only as it was seen.

use anyhow::{Context, Result, ensure};
use portal_client::{Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use prost_types::method_options::IdempotencyLevel;
use tenantry_tests::{Harness, both, make};

use super::{Servers, message};
use crate::matrix::{
    World,
    contract::{Place, Rpc, rpcs},
    foreign::suit_role,
    raw::{Answer, Wire},
    request::{good, set},
    world::Owned,
};

/// The verbs that make something that was not there, and one that shows something and leaves an entry of it. Any other that the contract does not call a read changes
/// what is there.
const CHANGE_NOTHING: [&str; 4] = ["Create", "Onboard", "Invite", "Reveal"];

/// Every RPC that changes a thing that is there.
fn changing() -> Result<Vec<Rpc>> {
    let spares = |rpc: &Rpc| CHANGE_NOTHING.iter().any(|verb| rpc.method.name().starts_with(verb));
    let found: Vec<_> = rpcs()?
        .into_iter()
        .filter(|rpc| rpc.portal().is_some() && rpc.level() == IdempotencyLevel::IdempotencyUnknown && !spares(rpc))
        .collect();
    ensure!(found.len() >= 25, "only {} RPCs change something", found.len());
    Ok(found)
}

/// Where the etag is in a request.
fn etag_of(rpc: &Rpc) -> Option<String> {
    let mut fields = rpc.fields().into_iter();
    fields.find(|place| place.field.name() == "etag").map(|place| place.path)
}

#[test]
fn whatever_changes_something_takes_the_version_that_was_seen() -> Result<()> {
    let without: Vec<_> = changing()?.iter().filter(|rpc| etag_of(rpc).is_none()).map(Rpc::name).collect();
    ensure!(without.is_empty(), "without an etag: {without:?}");
    Ok(())
}

both! {
    async fn a_change_made_in_between_is_not_overwritten(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        for rpc in changing()? {
            for stale in ["0", "*", "99999", "1-1-1-1"] {
                let answer = call(&world.wire, world, &rpc, stale, None).await?;
                if (answer.code, answer.reason().as_str()) != (Code::Aborted, "STALE_ETAG") {
                    wrong.push(format!("{} with the etag {stale:?}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// The version that a read tells is taken, also where the thing is in the wrong state for the change; of two who have read it, on two servers, by one only.
    async fn the_version_that_was_read_is_taken_once(h: Harness) -> Result<()> {
        let h = &Harness::alone(h.database()).await?;
        let (world, servers) = (&World::make(h).await?, Servers::of(h).await?);
        let (mut wrong, mut fine) = (Vec::new(), 0);
        for rpc in changing()? {
            // A person is invited for each change: one of them takes the role away.
            let own = if about(&rpc).is_some_and(|place| place.id_of() == Some("usr")) { Some(invited(h, world, &rpc).await?) } else { None };
            for attempt in 0..5 {
                let etag = seen(world, &rpc, own.as_deref()).await.with_context(|| rpc.name())?;
                let at = |turn| call(servers.turn(turn), world, &rpc, &etag, own.as_deref());
                let answers = tokio::try_join!(at(0), at(1))?;
                let answers = [answers.0, answers.1];
                let with = |code| answers.iter().filter(|answer| answer.code == code).count();
                // What starts and stops is observed meanwhile, which may be a change as well.
                if with(Code::Aborted) == 2 && attempt < 4 {
                    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                    continue;
                }
                fine += usize::from(with(Code::Ok) > 0);
                let expected = [Code::Ok, Code::Aborted, Code::FailedPrecondition, Code::InvalidArgument, Code::NotFound];
                // Both may do what changes nothing.
                let twice = with(Code::Ok) == 2 && seen(world, &rpc, own.as_deref()).await? != etag;
                if twice || with(Code::Aborted) == 2 || answers.iter().any(|answer| !expected.contains(&answer.code)) {
                    let told = answers.map(|answer| answer.short());
                    wrong.push(format!("{} with the etag {etag:?}: {told:?}", rpc.name()));
                }
                break;
            }
        }
        ensure!(fine >= 12, "only {fine} changes were made");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

/// A good request for the caller's own things, with the account of a user where one has to be named.
fn request(rpc: &Rpc, caller: &Owned) -> Result<DynamicMessage> {
    let mut request = good(rpc, caller)?;
    let of_user = rpc.fields().into_iter().find(|p| p.path == "tenant_id" && p.is_optional());
    if let Some(place) = of_user.filter(|_| rpc.portal() == Some(pb::Portal::Master)) {
        suit_role(&mut request, &place)?;
        let tenant = caller.ids.get("ten").cloned().unwrap_or_default();
        set(&mut request, "tenant_id", Value::String(tenant))?;
    }
    Ok(request)
}

async fn call(wire: &Wire, world: &World, rpc: &Rpc, etag: &str, user: Option<&str>) -> Result<Answer> {
    let caller = world.caller(rpc);
    let mut request = request(rpc, caller)?;
    let path = etag_of(rpc).with_context(|| format!("{} takes no etag", rpc.name()))?;
    set(&mut request, &path, Value::String(etag.to_owned()))?;
    if let (Some(user), Some(about)) = (user, about(rpc)) {
        set(&mut request, &about.path, Value::String(user.to_owned()))?;
    }
    wire.call_as(rpc, request.encode_to_vec().into(), caller.token()).await
}

/// The field that names the thing that a request is about, where there are several of them.
fn about(rpc: &Rpc) -> Option<Place> {
    let mut fields = rpc.fields().into_iter();
    fields.find(|place| place.id_of().is_some() && !place.is_optional())
}

/// Somebody new in the account whose people a request is about: the vendor's are a tenant's there.
async fn invited(h: &Harness, world: &World, rpc: &Rpc) -> Result<String> {
    let mut request = make::user(&request_id(), pb::Role::TenantViewer);
    let user = match rpc.portal() {
        Some(pb::Portal::Reseller) => {
            let reseller = world.caller(rpc).ids.get("res").cloned().unwrap_or_default();
            h.master()
                .invite_user(pb::InviteUserRequest {
                    reseller_id: reseller,
                    role: pb::Role::ResellerAgent.into(),
                    ..request
                })
                .await?
                .user
        }
        _ => {
            request.tenant_id = world.caller(rpc).ids.get("ten").cloned().unwrap_or_default();
            h.master().invite_user(request).await?.user
        }
    };
    Ok(user.context("a user")?.id)
}

/// The version of the thing that a request changes, as its Get tells it.
async fn seen(world: &World, rpc: &Rpc, user: Option<&str>) -> Result<String> {
    let (caller, about, name) = (world.caller(rpc), about(rpc), rpc.method.name());
    let reads = |get: &Rpc| {
        let same = |about: &Place| {
            get.fields()
                .iter()
                .any(|place| place.id_of() == about.id_of() && !place.is_optional())
        };
        let settings = |rpc: &Rpc| rpc.method.name().ends_with("Settings");
        get.method.parent_service() == rpc.method.parent_service()
            && get.method.name().starts_with("Get")
            && match &about {
                Some(about) => same(about) && settings(get) == settings(rpc),
                None => get.method.name() == name.replacen("Update", "Get", 1),
            }
    };
    let get = rpcs()?.into_iter().find(reads);
    let get = get.with_context(|| format!("nothing reads what {} changes", rpc.name()))?;
    let mut request = good(&get, caller)?;
    if let Some(user) = user {
        set(&mut request, "user_id", Value::String(user.to_owned()))?;
    }
    let answer = world.wire.call_as(&get, request.encode_to_vec().into(), caller.token()).await?;
    let thing = message(&get, &answer)?;
    // The version of a person is that of the role in the account.
    let versioned = match thing.get_field_by_name("memberships").map(|v| v.into_owned()) {
        Some(Value::List(roles)) => roles
            .into_iter()
            .last()
            .and_then(|role| role.as_message().cloned())
            .context("a role")?,
        _ => thing,
    };
    let etag = versioned.get_field_by_name("etag").context("an etag")?;
    Ok(etag.as_str().unwrap_or_default().to_owned())
}
