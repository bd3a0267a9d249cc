//! The audit trail by RPC: one entry for what was done or refused, none for what was read, asked as a preview, or answered once more.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use portal_client::{Client, Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value, prost_types::method_options::IdempotencyLevel};
use tenantry_tests::{Harness, both};

use super::{
    contract::{ROLES, Rpc, portal_of, rpcs},
    raw::{Answer, Wire},
    request::{in_earnest, set},
    trail_steps::steps,
    world::{Owned, Tokens, World, sign_in},
};
use crate::first_admin;

/// The entries of a call, in all trails.
pub async fn entries(reader: &Client, id: &str) -> Result<Vec<pb::AuditEntry>> {
    let request = pb::ListAuditEntriesRequest {
        filter: format!("request_id = {id}"),
        ..Default::default()
    };
    Ok(reader.master().list_audit_entries(request).await?.audit_entries)
}

/// As the audit trail has it: `PERMISSION_DENIED`.
fn word(code: Code) -> String {
    let name = format!("{code:?}");
    let words = name.char_indices().flat_map(|(at, letter)| {
        let gap = (at > 0 && letter.is_ascii_uppercase()).then_some('_');
        gap.into_iter().chain([letter.to_ascii_uppercase()])
    });
    words.collect()
}

/// What is wrong with the entries of a call of an RPC that changes something, by somebody of an account.
pub fn wrong(rpc: &Rpc, account: &str, answer: &Answer, found: &[pb::AuditEntry]) -> Option<String> {
    let told: Vec<_> = found
        .iter()
        .map(|e| format!("{} {} {} ({}{})", e.action, e.result, e.reason, e.tenant_id, e.reseller_id))
        .collect();
    let is_own = |e: &&&pb::AuditEntry| [&e.tenant_id, &e.reseller_id].contains(&&account.to_owned());
    // The vendor's staff changes what is others', which is in their trails.
    let in_own = |found: &[&pb::AuditEntry]| account.is_empty() || found.iter().filter(is_own).count() == 1;
    let is_right = match answer.code {
        // One in the trail of each account in which something is another now. Whoever is answered a session has signed in: that is an act of its own, and where
        // the RPC takes no token the only one.
        Code::Ok => {
            let is_session = rpc.method.output().name() == "Session";
            let (sign_ins, acts): (Vec<_>, Vec<_>) = found.iter().partition(|e| is_session && e.action == "user.sign_in");
            let trails: BTreeSet<_> = acts.iter().map(|e| (&e.tenant_id, &e.reseller_id)).collect();
            let is_act = !is_session || rpc.has("token");
            sign_ins.len() == usize::from(is_session)
                && acts.is_empty() != is_act
                && trails.len() == acts.len()
                && in_own(&acts)
                && found.iter().all(|e| e.result == "OK" && e.reason.is_empty())
        }
        code => match found {
            [one] => {
                one.action == rpc.name() && one.result == word(code) && one.changes.is_empty() && !one.reason.is_empty() && in_own(&[one])
            }
            _ => false,
        },
    };
    (!is_right).then(|| format!("{} answered {}: {told:?}", rpc.name(), answer.short()))
}

/// The account for which somebody is signed in; empty for the platform.
pub fn account(owned: &Owned) -> String {
    owned.session().account.unwrap_or_default().id
}

/// The first admin of a server is made before anybody can be asked to make one: so on a server of its own, with the token that it prints.
async fn make_first_admin(h: &Harness, rpc: &Rpc) -> Result<Option<String>> {
    let server = first_admin::without_admin(h.database()).await?;
    let request = first_admin::request(&first_admin::token(&server.running)?);
    let (answer, id) = Wire::at(&server.origin())?
        .call_with_id(rpc, request.encode_to_vec().into(), "")
        .await?;
    ensure!(answer.code == Code::Ok, "{}", answer.short());
    let reader = Client::new(&server.origin(), pb::Portal::Master, |_| ());
    reader.begin(pb::Session::decode(answer.first()?)?);
    Ok(wrong(rpc, "", &answer, &entries(&reader, &id).await?))
}

both! {
    async fn what_a_role_may_not_call_is_told_once(h: Harness) -> Result<()> {
        let (wire, tokens) = (Wire::to(&h)?, Tokens::of_all_roles(&h, "trail").await?);
        let (mut bad, mut denied) = (Vec::new(), 0);
        for rpc in rpcs()? {
            for role in ROLES.into_iter().filter(|role| rpc.portal() == Some(portal_of(*role))) {
                // Whoever may is not asked; who may not is refused before the message is read.
                let (answer, id) = wire.call_with_id(&rpc, super::raw::GARBAGE, tokens.of(role)).await?;
                if answer.code != Code::PermissionDenied {
                    continue;
                }
                denied += 1;
                bad.extend(wrong(&rpc, "", &answer, &entries(h.admin(), &id).await?));
            }
        }
        ensure!(denied > 60, "only {denied} calls were denied");
        ensure!(bad.is_empty(), "{} of {denied}:\n{}", bad.len(), bad.join("\n"));
        Ok(())
    }

    async fn every_call_that_changes_something_leaves_one_entry(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let world = World::make(&h).await?;
        // Somebody whose session no call of the others ends.
        let reader = h.staff(pb::Role::MasterViewer).await?;
        let (mut bad, mut refused) = (Vec::new(), 0);
        // Somebody who signs in for each call to the sign-in service, some of which end sessions.
        let leaving = h.staff(pb::Role::MasterViewer).await?;
        let token = async |rpc: &Rpc| match rpc.portal() {
            Some(_) => Ok(world.caller(rpc).token()),
            None => anyhow::Ok(sign_in(&h, &leaving).await?.access_token),
        };
        let all = rpcs()?;
        let mut done = BTreeSet::new();
        for (name, request) in steps(&h, &world, "trail").await? {
            let rpc = all.iter().find(|rpc| rpc.name() == name).context(name)?;
            let caller = world.caller(rpc);
            let (answer, id) = world.wire.call_with_id(rpc, request.into(), &caller.token()).await?;
            bad.extend(wrong(rpc, &account(caller), &answer, &entries(&reader, &id).await?));
            done.extend((answer.code == Code::Ok).then(|| rpc.name()));
        }
        for rpc in &all {
            let caller = world.caller(rpc);
            let call = async |request: Bytes| world.wire.call_with_id(rpc, request, &token(rpc).await?).await;
            if rpc.level() != IdempotencyLevel::IdempotencyUnknown {
                let (answer, id) = call(super::request::good(rpc, caller)?.encode_to_vec().into()).await?;
                let found = entries(&reader, &id).await?;
                if !found.is_empty() {
                    bad.push(format!("{} reads and left {} entries: {}", rpc.name(), found.len(), answer.short()));
                }
                continue;
            }
            if rpc.method.input().get_field_by_name("validate_only").is_some() {
                let good = super::request::good(rpc, caller)?;
                let mut empty = DynamicMessage::new(rpc.method.input());
                set(&mut empty, "validate_only", Value::Bool(true))?;
                // An earlier call may have taken what it asks for.
                for preview in [good, empty] {
                    let (answer, id) = call(preview.encode_to_vec().into()).await?;
                    if !entries(&reader, &id).await?.is_empty() {
                        bad.push(format!("a preview of {} left entries: {}", rpc.name(), answer.short()));
                    }
                }
            }
            // Where anything is asked for, nothing at all is too little for most.
            if rpc.method.input().fields().len() > 0 {
                let (answer, id) = call(Bytes::new()).await?;
                refused += usize::from(answer.code != Code::Ok);
                bad.extend(wrong(rpc, &account(caller), &answer, &entries(&reader, &id).await?));
            }
        }
        for rpc in all.iter().filter(|rpc| rpc.level() == IdempotencyLevel::IdempotencyUnknown) {
            let caller = world.caller(rpc);
            let call = async |request: Bytes| world.wire.call_with_id(rpc, request, &token(rpc).await?).await;
            let request = Bytes::from(in_earnest(rpc, caller, &request_id())?.encode_to_vec());
            let (answer, id) = call(request.clone()).await?;
            bad.extend(wrong(rpc, &account(caller), &answer, &entries(&reader, &id).await?));
            if answer.code != Code::Ok {
                refused += 1;
                continue;
            }
            done.insert(rpc.name());
            if rpc.method.input().get_field_by_name("request_id").is_some() {
                let (again, id) = call(request).await?;
                if again.code != Code::Ok || !entries(&reader, &id).await?.is_empty() {
                    bad.push(format!("{} once more left entries: {}", rpc.name(), again.short()));
                }
            }
        }
        for rpc in all.iter().filter(|rpc| rpc.method.name() == "CreateFirstAdmin") {
            bad.extend(make_first_admin(&h, rpc).await?);
            done.insert(rpc.name());
        }
        ensure!(bad.is_empty(), "{} of them:\n{}", bad.len(), bad.join("\n"));
        let open: Vec<_> = all.iter().filter(|rpc| rpc.level() == IdempotencyLevel::IdempotencyUnknown && !done.contains(&rpc.name())).collect();
        let open: Vec<_> = open.into_iter().map(Rpc::name).collect();
        ensure!(open.is_empty() && refused >= 50, "{refused} were refused, and nobody has seen what these do: {open:?}");
        let report = h.verify(None).await?;
        ensure!(report.findings.is_empty() && report.trails >= 9, "{report:#?}");
        Ok(())
    }

    async fn who_did_what_for_whom_and_from_where_is_in_each_entry(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut owners = HashMap::new();
        for rpc in rpcs()?.iter().filter(|rpc| rpc.method.name() == "RemoveUser") {
            let caller = world.caller(rpc);
            let (answer, id) = world.wire.call_with_id(rpc, Bytes::new(), &caller.token()).await?;
            ensure!(answer.code == Code::InvalidArgument, "{}", answer.short());
            let entry = entries(h.admin(), &id).await?.pop().context("an entry")?;
            let me = caller.session().user.unwrap_or_default();
            assert_eq!((entry.actor_id, entry.actor_name, entry.remote_address.as_str()), (me.id, me.email, "127.0.0.1"));
            assert_eq!((entry.result.as_str(), entry.reason.as_str(), entry.request_id.as_str()), ("INVALID_ARGUMENT", "user_id", id.as_str()));
            owners.insert(rpc.portal(), (entry.tenant_id, entry.reseller_id));
        }
        let of = |account: &super::world::Owned, kind| account.ids.get(kind).cloned().unwrap_or_default();
        assert_eq!(owners.remove(&Some(pb::Portal::Master)), Some((String::new(), String::new())));
        assert_eq!(owners.remove(&Some(pb::Portal::Tenant)), Some((of(&world.tenants[0], "ten"), String::new())));
        assert_eq!(owners.remove(&Some(pb::Portal::Reseller)), Some((String::new(), of(&world.resellers[0], "res"))));
        Ok(())
    }
}
