//! Update masks: what they name is changed, and nothing else; create and update refuse the same values in the same words.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use portal_client::Code;
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};
use tenantry_tests::{Harness, both};
use tonic_types::StatusExt;

use super::{in_earnest, message, with_field};
use crate::matrix::{
    World,
    contract::{Rpc, rpcs},
    malformed::bad_values,
    raw::Answer,
    request::{good, set},
    world::Owned,
};

both! {
    /// Every path of the resource that the contract does not allow, and spellings of those that it does.
    async fn a_path_that_cannot_be_changed_is_refused(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("update_mask")? {
            let (_, resource) = resource(&rpc)?;
            let known = allowed(&rpc)?;
            let mut paths = all_paths(&resource, "");
            let odd = ["", ".", "*", "nothing", "plan", "tenant", "update_mask", "id; DROP TABLE plan", "a".repeat(100_000).as_str()].map(str::to_owned);
            paths.extend(odd);
            for path in &known {
                let first = path[..1].to_uppercase();
                paths.extend([format!("{path}."), format!(".{path}"), format!("{path}.nothing"), format!("{path}[0]"), format!(" {path}"), format!("{first}{}", &path[1..])]);
            }
            // Alone, and beside one that is right.
            for path in paths.iter().filter(|path| !known.contains(*path)) {
                let beside = known.iter().next().cloned().unwrap_or_default();
                for mask in [vec![path.clone()], vec![beside, path.clone()]] {
                    let caller = world.caller(&rpc);
                    let answer = ask(world, &rpc, masked(&rpc, good(&rpc, caller)?, &mask)?, caller).await?;
                    if answer.code != Code::InvalidArgument || !answer.violations().contains(&"update_mask".to_owned()) {
                        wrong.push(format!("{} with {:?}: {}", rpc.name(), path.chars().take(60).collect::<String>(), answer.short()));
                    }
                }
            }
            let many = vec!["display_name".to_owned(); 10_000];
            let answer = ask(world, &rpc, masked(&rpc, good(&rpc, world.caller(&rpc))?, &many)?, world.caller(&rpc)).await?;
            ensure!(answer.violations() == ["update_mask"], "{} with a long mask: {}", rpc.name(), answer.short());
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// The answer is the one of a read, whatever values come with it.
    async fn an_empty_mask_changes_nothing(h: Harness) -> Result<()> {
        let (_, world) = World::apart(h.database()).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("update_mask")? {
            let caller = world.caller(&rpc);
            let (before, empty) = (read(world, &rpc).await?, masked(&rpc, good(&rpc, caller)?, &[])?);
            let mut absent = empty.clone();
            absent.clear_field_by_name("update_mask");
            for (what, request) in [("an empty mask", &empty), ("no mask", &absent)] {
                let answer = ask(world, &rpc, request.clone(), caller).await?;
                if answer.code != Code::Ok || answer.first()? != before.encode_to_vec() {
                    wrong.push(format!("{} with {what}: {}", rpc.name(), answer.short()));
                }
                if read(world, &rpc).await? != before {
                    wrong.push(format!("{} with {what} changed something", rpc.name()));
                }
                // Nor are values read that nobody asked for.
                for (path, value) in bad_fields(&rpc)? {
                    let mut bad = request.clone();
                    set(&mut bad, &path, value)?;
                    let answer = ask(world, &rpc, bad, caller).await?;
                    if answer.code != Code::Ok {
                        wrong.push(format!("{} with {what} and a bad {path}: {}", rpc.name(), answer.short()));
                    }
                }
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// One path changes its field and no other, also where it is named twice; the other fields may be anything.
    async fn a_mask_changes_what_it_names(h: Harness) -> Result<()> {
        let (_, world) = World::apart(h.database()).await?;
        let (mut wrong, mut used) = (Vec::new(), 0);
        for rpc in with_field("update_mask")? {
            let (name, _) = resource(&rpc)?;
            let caller = world.caller(&rpc);
            for path in allowed(&rpc)? {
                used += 1;
                let before = read(world, &rpc).await?;
                let mut request = masked(&rpc, good(&rpc, caller)?, &[path.clone(), path.clone()])?;
                for (bad, value) in bad_fields(&rpc)? {
                    let field = bad.strip_prefix(&format!("{name}.")).unwrap_or(&bad);
                    let touches = field == path || field.starts_with(&format!("{path}.")) || field.starts_with(&format!("{path}["));
                    if !touches {
                        set(&mut request, &bad, value)?;
                    }
                }
                let answer = ask(world, &rpc, request, caller).await?;
                if answer.code != Code::Ok {
                    wrong.push(format!("{} of {path}: {}", rpc.name(), answer.short()));
                    continue;
                }
                let changed = differences(&before, &message(&rpc, &answer)?, "");
                let meant = |field: &String| *field == path || field.starts_with(&format!("{path}.")) || ["etag", "update_time"].contains(&field.as_str());
                if !changed.iter().all(meant) {
                    wrong.push(format!("{} of {path} changed {changed:?}", rpc.name()));
                }
            }
        }
        ensure!(used >= 20, "only {used} paths can be named");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// Each bad value that is refused when a thing is made is refused when it is changed, in the same words.
    async fn create_and_update_refuse_the_same(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (mut wrong, mut used) = (Vec::new(), 0);
        for update in with_field("update_mask")? {
            let (name, resource) = resource(&update)?;
            let paths = update.mask().unwrap_or_default();
            // What makes the same kind of thing, where something of this portal does.
            let create = rpcs()?.into_iter().find(|rpc| {
                rpc.portal() == update.portal() && !rpc.has("update_mask") && rpc.method.input().fields().any(|f| f.name() == name && f.kind() == Kind::Message(resource.clone()))
            });
            let Some(create) = create else { continue };
            for place in create.fields().iter().filter(|place| place.path.starts_with(&format!("{name}."))) {
                let Some(path) = paths.iter().find(|path| place.path[name.len() + 1..].split(['.', '[']).next() == path.split('.').next()) else { continue };
                for (what, value) in bad_values(&create, place)? {
                    used += 1;
                    let caller = world.caller(&create);
                    let mut making = in_earnest(&create, caller, &portal_client::request_id())?;
                    set(&mut making, &place.path, value.clone())?;
                    let mut changing = masked(&update, good(&update, caller)?, &[path.split('.').next().unwrap_or_default().to_owned()])?;
                    set(&mut changing, &place.path, value)?;
                    let (made, changed) = (ask(world, &create, making, caller).await?, ask(world, &update, changing, caller).await?);
                    let (made, changed) = (words(&made, &place.path), words(&changed, &place.path));
                    if made.is_empty() || made != changed {
                        wrong.push(format!("{what} in {}: {made:?} by {} and {changed:?} by {}", place.path, create.name(), update.name()));
                    }
                }
            }
        }
        ensure!(used >= 30, "only {used} values were tried");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

/// The field with the resource, and the resource.
fn resource(rpc: &Rpc) -> Result<(String, MessageDescriptor)> {
    let input = rpc.method.input();
    let mut fields = input.fields().filter_map(|field| match field.kind() {
        Kind::Message(of) if of.package_name() == "tenantry.v1" => Some((field.name().to_owned(), of)),
        _ => None,
    });
    fields.next().with_context(|| format!("{} changes nothing", rpc.name()))
}

/// Every path inside of a message.
fn all_paths(message: &MessageDescriptor, before: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for field in message.fields() {
        let path = format!("{before}{}", field.name());
        if let Kind::Message(inner) = field.kind() {
            paths.extend(all_paths(&inner, &format!("{path}.")));
        }
        paths.push(path);
    }
    paths
}

/// What a mask may name. Where the contract says "or fields inside them", they are meant too.
fn allowed(rpc: &Rpc) -> Result<BTreeSet<String>> {
    let mut known: BTreeSet<String> = rpc.mask().unwrap_or_default().into_iter().collect();
    let mask = rpc.fields().into_iter().find(|place| place.path.starts_with("update_mask"));
    if mask.is_some_and(|place| place.says().contains("fields inside them")) {
        let inside = |path: &String| path.split_once('.').is_some_and(|(top, _)| known.contains(top));
        let paths: Vec<_> = all_paths(&resource(rpc)?.1, "").into_iter().filter(inside).collect();
        known.extend(paths);
    }
    Ok(known)
}

fn masked(rpc: &Rpc, mut request: DynamicMessage, paths: &[String]) -> Result<DynamicMessage> {
    let Some(Kind::Message(mask)) = rpc.method.input().get_field_by_name("update_mask").map(|f| f.kind()) else {
        anyhow::bail!("{} has no mask", rpc.name());
    };
    let mut message = DynamicMessage::new(mask);
    message.set_field_by_name("paths", Value::List(paths.iter().cloned().map(Value::String).collect()));
    set(&mut request, "update_mask", Value::Message(message))?;
    Ok(request)
}

async fn ask(world: &World, rpc: &Rpc, request: DynamicMessage, caller: &Owned) -> Result<Answer> {
    world.wire.call_as(rpc, request.encode_to_vec().into(), caller.token()).await
}

/// The thing that an update changes, as its Get tells it.
async fn read(world: &World, update: &Rpc) -> Result<DynamicMessage> {
    let name = update.method.name().replacen("Update", "Get", 1);
    let service = update.method.parent_service();
    let get = rpcs()?
        .into_iter()
        .find(|rpc| rpc.method.parent_service() == service && rpc.method.name() == name);
    let get = get.with_context(|| format!("there is no {name}"))?;
    let caller = world.caller(&get);
    let answer = ask(world, &get, good(&get, caller)?, caller).await?;
    message(&get, &answer)
}

/// Each field of the resource that can be changed, with a value that it must not have.
fn bad_fields(rpc: &Rpc) -> Result<Vec<(String, Value)>> {
    let (name, _) = resource(rpc)?;
    let paths = rpc.mask().unwrap_or_default();
    let mut fields = Vec::new();
    for place in rpc.fields() {
        let Some(field) = place.path.strip_prefix(&format!("{name}.")) else {
            continue;
        };
        let top = field.split(['.', '[']).next().unwrap_or_default();
        let can_change = paths.iter().any(|path| path.split('.').next() == Some(top));
        if let Some((_, value)) = bad_values(rpc, &place)?.into_iter().next().filter(|_| can_change) {
            fields.push((place.path.clone(), value));
        }
    }
    Ok(fields)
}

/// The fields in which two messages differ.
fn differences(one: &DynamicMessage, other: &DynamicMessage, before: &str) -> Vec<String> {
    use prost_reflect::ReflectMessage;
    let mut paths = Vec::new();
    for field in one.descriptor().fields() {
        let path = format!("{before}{}", field.name());
        let (a, b) = (one.get_field(&field), other.get_field(&field));
        match (&*a, &*b) {
            (Value::Message(a), Value::Message(b)) if a.descriptor().package_name() == "tenantry.v1" => {
                paths.extend(differences(a, b, &format!("{path}.")))
            }
            (a, b) if a != b => paths.push(path),
            _ => {}
        }
    }
    paths
}

/// What an answer says of a field.
fn words(answer: &Answer, path: &str) -> Vec<(String, String)> {
    let status = tonic::Status::with_details(answer.code, answer.message.clone(), answer.details.clone());
    let wrong = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    let of_it = |field: &str| field == path || path.starts_with(&format!("{field}."));
    wrong
        .into_iter()
        .filter(|v| of_it(&v.field))
        .map(|v| (v.field, v.description))
        .collect()
}
