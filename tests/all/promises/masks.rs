//! Update masks: what they name is changed, and nothing else.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use portal_client::{Code, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};
use tenantry_tests::{Harness, both};

use super::{message, with_field};
use crate::matrix::{
    World,
    contract::{Place, Rpc, rpcs},
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
                for (path, bad_as, value) in bad_fields(&rpc)? {
                    let mut bad = request.clone();
                    set(&mut bad, &path, value)?;
                    let answer = ask(world, &rpc, bad, caller).await?;
                    if answer.code != Code::Ok {
                        wrong.push(format!("{} with {what} and {bad_as} in {path}: {}", rpc.name(), answer.short()));
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
            let (name, resource) = resource(&rpc)?;
            let (caller, follows) = (world.caller(&rpc), follow(&resource, ""));
            for path in allowed(&rpc)? {
                used += 1;
                let before = read(world, &rpc).await?;
                let mut request = masked(&rpc, good(&rpc, caller)?, &[path.clone(), path.clone()])?;
                let is_named = |field: &str| field == path || field.strip_prefix(&path).is_some_and(|rest| rest.starts_with(['.', '[']));
                for (bad, _, value) in bad_fields(&rpc)? {
                    let field = bad.strip_prefix(&format!("{name}.")).unwrap_or(&bad);
                    if !is_named(field) {
                        set(&mut request, &bad, value)?;
                    }
                }
                if rpc.has("validate_only") {
                    set(&mut request, "validate_only", Value::Bool(false))?;
                }
                let mut expected = BTreeSet::new();
                for place in rpc.fields() {
                    let Some(field) = place.path.strip_prefix(&format!("{name}.")).filter(|field| is_named(field)) else { continue };
                    if let Some(value) = another(&place, current(&before, field)) {
                        set(&mut request, &place.path, value)?;
                        expected.insert(field.split('[').next().unwrap_or(field).to_owned());
                    }
                }
                ensure!(!expected.is_empty(), "{} of {path}: nobody knows another value", rpc.name());
                let answer = ask(world, &rpc, request, caller).await?;
                if answer.code != Code::Ok {
                    wrong.push(format!("{} of {path}: {}", rpc.name(), answer.short()));
                    continue;
                }
                let now = read(world, &rpc).await?;
                ensure!(now == message(&rpc, &answer)?, "{} of {path} answers what is not so", rpc.name());
                let changed = differences(&before, &now, "").into_iter();
                let changed: BTreeSet<_> = changed.filter(|field| expected.contains(field) || !follows.contains(field)).collect();
                if changed != expected {
                    wrong.push(format!("{} of {path} changed {changed:?} and not {expected:?}", rpc.name()));
                }
            }
        }
        ensure!(used >= 20, "only {used} paths can be named");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

/// The field with the resource, and the resource.
pub fn resource(rpc: &Rpc) -> Result<(String, MessageDescriptor)> {
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

pub fn masked(rpc: &Rpc, mut request: DynamicMessage, paths: &[String]) -> Result<DynamicMessage> {
    let Some(Kind::Message(mask)) = rpc.method.input().get_field_by_name("update_mask").map(|f| f.kind()) else {
        anyhow::bail!("{} has no mask", rpc.name());
    };
    let mut message = DynamicMessage::new(mask);
    message.set_field_by_name("paths", Value::List(paths.iter().cloned().map(Value::String).collect()));
    set(&mut request, "update_mask", Value::Message(message))?;
    Ok(request)
}

/// Asks with a key of its own each time.
pub async fn ask(world: &World, rpc: &Rpc, mut request: DynamicMessage, caller: &Owned) -> Result<Answer> {
    if rpc.has("request_id") {
        set(&mut request, "request_id", Value::String(request_id()))?;
    }
    world.wire.call_as(rpc, request.encode_to_vec().into(), &caller.token()).await
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

/// Each field of the resource that can be changed, with each value that it must not have and what is wrong about that.
fn bad_fields(rpc: &Rpc) -> Result<Vec<(String, &'static str, Value)>> {
    let (name, _) = resource(rpc)?;
    let paths = rpc.mask().unwrap_or_default();
    let mut fields = Vec::new();
    for place in rpc.fields() {
        let Some(field) = place.path.strip_prefix(&format!("{name}.")) else {
            continue;
        };
        let top = field.split(['.', '[']).next().unwrap_or_default();
        if paths.iter().any(|path| path.split('.').next() == Some(top)) {
            let bad = bad_values(rpc, &place)?.into_iter();
            fields.extend(bad.map(|(what, value)| (place.path.clone(), what, value)));
        }
    }
    Ok(fields)
}

/// Another good value of a field; none for a message, whose fields have others, and for what is told from others by it.
fn another(place: &Place, now: Option<Value>) -> Option<Value> {
    let new = request_id().replace('-', "");
    let text = |text: String| Some(Value::String(text));
    let either = |one: &str, other: &str| match now.as_ref().and_then(Value::as_str) {
        Some(now) if now == one => Some(Value::String(other.into())),
        _ => Some(Value::String(one.into())),
    };
    match (place.field.name(), place.field.kind()) {
        ("currency_code" | "cadence", _) => None,
        ("time_zone", _) => either("Europe/Oslo", "Europe/Vienna"),
        ("language", _) => either("de", "en"),
        ("primary_color", _) => text(format!("#{}", &new[new.len() - 6..])),
        ("text", _) => text(format!("{}\n# {new}", now.as_ref().and_then(Value::as_str).unwrap_or_default())),
        (name, _) if name.ends_with("email") => text(format!("{new}@people.example")),
        (_, Kind::String) => text(new),
        (_, Kind::Enum(_)) => Some(Value::EnumNumber(if now == Some(Value::EnumNumber(1)) { 2 } else { 1 })),
        (_, Kind::Int32) => Some(Value::I32(now.and_then(|now| now.as_i32()).unwrap_or_default() + 1)),
        (_, Kind::Int64) => Some(Value::I64(now.and_then(|now| now.as_i64()).unwrap_or_default() + 1)),
        _ => None,
    }
}

/// The value of a field in a message, by its path.
fn current(message: &DynamicMessage, path: &str) -> Option<Value> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let value = message.get_field_by_name(name.trim_end_matches("[0]"))?.into_owned();
    let value = match value {
        Value::List(items) if name.ends_with("[0]") => items.into_iter().next()?,
        other => other,
    };
    match rest {
        Some(rest) => current(value.as_message()?, rest),
        None => Some(value),
    }
}

/// The fields of a resource that the server writes: they follow what is changed.
fn follow(message: &MessageDescriptor, before: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for field in message.fields() {
        let path = format!("{before}{}", field.name());
        if let Kind::Message(inner) = field.kind() {
            paths.extend(follow(&inner, &format!("{path}.")));
        }
        let place = Place { path, field };
        if place.says().contains("Output only") || place.field.name() == "etag" {
            paths.insert(place.path);
        }
    }
    paths
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
