//! Malformed input by RPC: INVALID_ARGUMENT that names the field, and never a fault of the server.

use anyhow::{Result, ensure};
use bytes::Bytes;
use portal_client::Code;
use prost_reflect::{Kind, Value};
use tenantry_tests::{Harness, both, snapshot};

use super::{
    contract::{Place, Rpc, rpcs},
    raw::Answer,
    request::{good, with},
    world::World,
};

both! {
    async fn a_wrong_field_is_named(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        for rpc in rpcs()? {
            let owned = world.caller(&rpc);
            let request = good(&rpc, owned)?;
            for place in rpc.fields() {
                for (what, value) in bad_values(&rpc, &place)? {
                    let answer = world.wire.call_as(&rpc, with(&request, &place.path, value)?, &owned.token()).await?;
                    if !is_named(&rpc, &place, &answer) {
                        wrong.push(format!("{} with {what} in {}: {}", rpc.name(), place.path, answer.short()));
                    }
                }
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    async fn an_empty_request_is_answered_in_good_order(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut text = String::from("What an empty request is answered with: the fields that have to be given.\n\n");
        for rpc in rpcs()?.iter().filter(|rpc| rpc.name() != "AuthService/SignOut") {
            let owned = world.caller(rpc);
            let answer = world.wire.call_as(rpc, Bytes::new(), &owned.token()).await?;
            // A list may be named as a whole.
            let places = rpc.fields().into_iter().map(|place| place.path);
            let known: Vec<_> = places.flat_map(|path| [path.replace("[0]", ""), path]).collect();
            let fields = answer.violations();
            for field in &fields {
                ensure!(known.contains(field), "{} names {field}, which it has not: {known:?}", rpc.name());
            }
            let fine = match answer.code {
                Code::Ok => true,
                Code::InvalidArgument => !fields.is_empty(),
                // A token that is empty is a wrong token.
                Code::Unauthenticated | Code::NotFound | Code::FailedPrecondition => rpc.portal().is_none(),
                _ => false,
            };
            ensure!(fine, "{}: {}", rpc.name(), answer.short());
            let said = if answer.code == Code::Ok { "OK".into() } else if fields.is_empty() { format!("{:?}", answer.code) } else { fields.join(", ") };
            text.push_str(&format!("{:48} {said}\n", rpc.name()));
        }
        snapshot("empty_request_by_rpc.txt", &text)
    }
}

/// Values that a field must not have, with what is wrong about them.
pub fn bad_values(rpc: &Rpc, place: &Place) -> Result<Vec<(&'static str, Value)>> {
    let text = |what: &'static str, text: &str| (what, Value::String(text.to_owned()));
    let name = place.field.name();
    // Longer than any text may be.
    let long = "x".repeat(70_000);
    Ok(match (name, place.field.kind()) {
        _ if place.id_of().is_some() => {
            let other = if place.id_of() == Some("ten") { "usr" } else { "ten" };
            let of_another_kind = format!("{other}_{}", "0".repeat(32));
            let in_capitals = format!("{}_{}", place.id_of().unwrap_or_default(), "A".repeat(32));
            vec![
                text("a word", "x"),
                text("an id of another kind", &of_another_kind),
                text("a long text", &long),
                text("capital digits", &in_capitals),
            ]
        }
        ("page_token", _) => vec![text("garbage", "garbage"), text("a long text", &long)],
        ("resume_token", _) => vec![text("garbage", "garbage")],
        ("order_by", _) => vec![
            text("an unknown field", "nothing"),
            text("an unknown direction", &format!("{} up", order_field(place))),
            text("commas", ",,"),
            text("a field twice", &format!("{0}, {0}", order_field(place))),
        ],
        ("filter", _) => {
            let first = rpc.filters().into_iter().next().unwrap_or_default();
            vec![
                text("an unknown field", "nothing = 1"),
                text("half a comparison", &format!("{first} =")),
                text("open brackets", &"(".repeat(5_000)),
                text("a deep nest", &format!("{}{first} = \"x\"{}", "(".repeat(5_000), ")".repeat(5_000))),
                text("a quote that is not closed", &format!("{first} = \"x")),
                text("another language", "1=1; DROP TABLE tenant"),
                text("a long text", &long),
            ]
        }
        ("update_mask", Kind::Message(mask)) => {
            let of = |path: &str| {
                let mut message = prost_reflect::DynamicMessage::new(mask.clone());
                message.set_field_by_name("paths", Value::List(vec![Value::String(path.to_owned())]));
                Value::Message(message)
            };
            vec![
                ("an unknown field", of("nothing")),
                ("the id", of("id")),
                ("the etag", of("etag")),
                ("a star", of("*")),
            ]
        }
        ("page_size", _) => vec![("less than nothing", Value::I32(-1)), ("too much", Value::I32(201))],
        // Any text may be one; a wrong one is told by another answer.
        ("etag" | "token" | "refresh_token", _) | ("password" | "current_password", _) if is_secret(rpc, place) => Vec::new(),
        (_, Kind::String) => {
            let mut values = vec![text("a long text", &long), text("a control character", "a\u{0}b")];
            values.extend(misspelt(name).iter().map(|value| text("what is none", value)));
            values
        }
        (_, Kind::Enum(_)) => vec![
            ("an unknown number", Value::EnumNumber(99)),
            ("a number below zero", Value::EnumNumber(-1)),
        ],
        // Where the comment names no upper limit there is none.
        (_, Kind::Int32) if is_limited(place) => vec![("less than nothing", Value::I32(-1)), ("the greatest number", Value::I32(i32::MAX))],
        (_, Kind::Int64) if is_limited(place) => vec![("less than nothing", Value::I64(-1)), ("the greatest number", Value::I64(i64::MAX))],
        (_, Kind::Int32) => vec![("less than nothing", Value::I32(-1))],
        (_, Kind::Int64) => vec![("less than nothing", Value::I64(-1))],
        (_, Kind::Message(message)) if message.full_name() == "google.protobuf.Timestamp" => {
            let mut time = prost_reflect::DynamicMessage::new(message);
            time.set_field_by_name("seconds", Value::I64(i64::MAX));
            vec![("no moment", Value::Message(time))]
        }
        _ => Vec::new(),
    })
}

/// Texts that are fine as such but not in a field with this name.
fn misspelt(name: &str) -> &'static [&'static str] {
    match name {
        "email" | "contact_email" | "billing_email" | "incident_email" | "support_email" | "admin_email" => &[
            "nobody",
            "@nowhere.example",
            "two@people.example, other@people.example",
            "a b@people.example",
        ],
        "primary_color" => &["blue", "205080", "#20508", "#2050800", "#20508g"],
        "time_zone" => &["Vienna", "Europe/Atlantis", "+01:00"],
        "language" => &["e", "english-", "de_AT", "1"],
        "currency_code" | "billing_currency" => &["eur", "EURO", "XQX", "€"],
        "slug" | "code" | "suffix" => &["-a", "With-Capitals", "with blanks", "ümlaut"],
        _ => &[],
    }
}

/// Whether a wrong value is a wrong secret or version, and not a wrong form of one.
fn is_secret(rpc: &Rpc, place: &Place) -> bool {
    place.field.name() == "etag" || rpc.portal().is_none()
}

fn is_limited(place: &Place) -> bool {
    let says = place.says();
    [" to ", "at most", "parts per million"].iter().any(|word| says.contains(word))
}

fn order_field(place: &Place) -> String {
    let says = place.says();
    let fields = says.split("Fields:").nth(1).unwrap_or_default();
    fields.split([',', '.']).next().unwrap_or_default().trim().to_owned()
}

/// Whether the field, or the message that it is in, is named.
fn is_named(rpc: &Rpc, place: &Place, answer: &Answer) -> bool {
    let named = answer
        .violations()
        .iter()
        .any(|field| *field == place.path || place.path.starts_with(&format!("{field}.")));
    match answer.code {
        Code::InvalidArgument => named,
        // The sign-in tells nobody what was wrong.
        Code::Unauthenticated | Code::NotFound => rpc.portal().is_none(),
        // Whether the typed name is right is not told of what is in the wrong state for it.
        Code::FailedPrecondition => rpc.portal().is_none() || place.field.name() == "confirm_slug",
        // A resume token that is too old, or none at all.
        Code::OutOfRange => place.field.name() == "resume_token",
        _ => false,
    }
}
