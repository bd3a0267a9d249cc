//! A good request for any RPC, built from the contract and the names of its fields.

use anyhow::{Context, Result};
use bytes::Bytes;
use portal_client::{
    pb::{Portal, Session},
    request_id,
};
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, ReflectMessage, Value};

use super::{
    contract::{Place, Rpc},
    world::Owned,
};

/// Fills every field that a request needs; ids are those of the caller's own things.
pub fn good(rpc: &Rpc, owned: &Owned) -> Result<DynamicMessage> {
    let mut message = DynamicMessage::new(rpc.method.input());
    for place in rpc.fields() {
        if let Some(value) = good_value(rpc, &place, owned)? {
            set(&mut message, &place.path, value)?;
        }
    }
    Ok(message)
}

fn good_value(rpc: &Rpc, place: &Place, owned: &Owned) -> Result<Option<Value>> {
    let (name, kind) = (place.field.name(), place.field.kind());
    if let Some(of) = place.id_of() {
        if place.is_optional() {
            return Ok(None);
        }
        let id = owned
            .ids
            .get(of)
            .with_context(|| format!("{}: there is no own {of}_ for {}", rpc.name(), place.path))?;
        return Ok(Some(Value::String(id.clone())));
    }
    if name == "update_mask" {
        let paths = rpc.mask().unwrap_or_default();
        // A field and one inside of it are not named at once.
        let whole = paths.iter().filter(|path| !path.contains('.')).cloned().map(Value::String);
        let Kind::Message(mask) = kind else { return Ok(None) };
        let mut message = DynamicMessage::new(mask);
        message.set_field_by_name("paths", Value::List(whole.collect()));
        return Ok(Some(Value::Message(message)));
    }
    let text = |text: &str| Some(Value::String(text.to_owned()));
    let value = match (name, kind) {
        ("page_token" | "filter" | "order_by" | "etag" | "resume_token" | "account_id" | "admin_name" | "admin_email", _) => None,
        // Empty rules are those that come with the program.
        ("text", _) if place.path == "policy.text" => None,
        ("validate_only", _) => Some(Value::Bool(true)),
        ("request_id", _) => Some(Value::String(request_id())),
        ("email", _) => text(&format!("{}@matrix.example", owned.name)),
        ("contact_email" | "billing_email" | "incident_email" | "support_email", _) => text("somebody@people.example"),
        ("slug" | "code", _) => text("made-by-the-matrix"),
        ("suffix", _) => text("matrix"),
        ("password" | "current_password" | "new_password", _) => text("correct horse battery"),
        ("currency_code" | "billing_currency", _) => text("EUR"),
        ("time_zone", _) => text("Europe/Vienna"),
        ("language", _) => text("en"),
        ("primary_color", _) => text("#205080"),
        ("role", _) => Some(Value::EnumNumber(match rpc.portal() {
            Some(Portal::Tenant) => 7,
            Some(Portal::Reseller) => 9,
            _ => 4,
        })),
        ("minor_units", _) => Some(Value::I64(1)),
        // A plan that leaves room for what other tests make.
        ("users" | "deployments", Kind::Int32) => Some(Value::I32(50)),
        ("memory_bytes", _) => Some(Value::I64(256 << 20)),
        (_, Kind::String) => text("text"),
        (_, Kind::Enum(_)) => Some(Value::EnumNumber(1)),
        (_, Kind::Int32) if place.is_optional() => None,
        (_, Kind::Int64) if place.is_optional() => None,
        (_, Kind::Int32) => Some(Value::I32(1)),
        (_, Kind::Int64) => Some(Value::I64(1)),
        _ => None,
    };
    Ok(value)
}

/// A good request that is no preview, for a thing that nobody has made before.
pub fn in_earnest(rpc: &Rpc, caller: &Owned, key: &str) -> Result<DynamicMessage> {
    let mut request = good(rpc, caller)?;
    let new = request_id().replace('-', "");
    for place in rpc.fields() {
        let value = match place.field.name() {
            "validate_only" => Value::Bool(false),
            "request_id" => Value::String(key.to_owned()),
            "email" => Value::String(format!("{new}@matrix.example")),
            "slug" | "code" => Value::String(format!("p-{}", &new[8..])),
            "suffix" => Value::String(new[new.len() - 12..].to_owned()),
            _ => continue,
        };
        set(&mut request, &place.path, value)?;
    }
    Ok(request)
}

/// What somebody asks of the sign-in service who has just signed in, with the token of a link where one is needed.
pub fn personal(rpc: &Rpc, caller: &Owned, session: &Session, link: &str) -> Result<DynamicMessage> {
    let mut request = good(rpc, caller)?;
    let text = |text: &str| Value::String(text.to_owned());
    let email = session.user.as_ref().map_or("", |user| &user.email);
    for (field, value) in [
        ("portal", Value::EnumNumber(session.portal)),
        ("email", text(email)),
        ("refresh_token", text(&session.refresh_token)),
        ("token", text(link)),
    ] {
        if rpc.has(field) {
            set(&mut request, field, value)?;
        }
    }
    Ok(request)
}

/// Sets one field by its path, and makes the messages on the way.
pub fn set(message: &mut DynamicMessage, path: &str, value: Value) -> Result<()> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let (plain, is_list) = name.strip_suffix("[0]").map_or((name, false), |plain| (plain, true));
    let field = message
        .descriptor()
        .get_field_by_name(plain)
        .with_context(|| format!("no field {plain}"))?;
    let target = message.get_field_mut(&field);
    match (rest, is_list, target) {
        (None, false, target) => *target = value,
        (None, true, Value::List(items)) => match items.first_mut() {
            Some(first) => *first = value,
            None => items.push(value),
        },
        (Some(rest), false, Value::Message(inner)) => set(inner, rest, value)?,
        (Some(rest), true, Value::List(items)) => {
            if items.is_empty() {
                items.push(Value::Message(DynamicMessage::new(
                    inner_message(field.kind()).context("a list of messages")?,
                )));
            }
            if let Some(Value::Message(inner)) = items.first_mut() {
                set(inner, rest, value)?;
            }
        }
        (_, _, other) => anyhow::bail!("{path} cannot be set in {other:?}"),
    }
    Ok(())
}

fn inner_message(kind: Kind) -> Option<MessageDescriptor> {
    match kind {
        Kind::Message(message) => Some(message),
        _ => None,
    }
}

/// The request as bytes, with one field changed.
pub fn with(message: &DynamicMessage, path: &str, value: Value) -> Result<Bytes> {
    let mut changed = message.clone();
    set(&mut changed, path, value)?;
    // Each call is one of its own; the answer to an earlier one would be given again otherwise.
    if let Some(field) = changed.descriptor().get_field_by_name("request_id")
        && path != "request_id"
    {
        changed.set_field(&field, Value::String(request_id()));
    }
    Ok(changed.encode_to_vec().into())
}
