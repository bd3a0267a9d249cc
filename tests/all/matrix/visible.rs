//! Who may see which message: what one portal may see and another may not is in a message that says so, and no RPC of another portal can answer it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use portal_client::pb::Portal;
use prost_reflect::{DescriptorPool, Kind, MessageDescriptor, Value};

use super::contract::rpcs;

/// Words in the names of fields that not everybody may see.
const GUARDED: [&str; 10] = [
    "password",
    "secret",
    "token",
    "credential",
    "rate",
    "ppm",
    "margin",
    "cost",
    "commission",
    "mrr",
];

/// Tokens that are no credentials, and whether there are credentials to be shown.
const HARMLESS: [&str; 3] = ["next_page_token", "resume_token", "credentials_available"];

/// The portals that a message names; none where it is for all.
fn visible_to(pool: &DescriptorPool, message: &MessageDescriptor) -> Result<Vec<i32>> {
    let option = pool
        .get_extension_by_name("tenantry.v1.visible_to")
        .context("the option is in the contract")?;
    let options = message.options();
    let Value::List(named) = options.get_extension(&option).into_owned() else {
        return Ok(Vec::new());
    };
    Ok(named.iter().filter_map(Value::as_enum_number).collect())
}

/// A message and all that can be in it; with each, whether it is in one that says by whom it may be seen, and with it all that is in it.
fn reach(pool: &DescriptorPool, message: MessageDescriptor, inside: bool, seen: &mut Vec<(MessageDescriptor, bool)>) -> Result<()> {
    if message.package_name() != "tenantry.v1" || seen.iter().any(|known| *known == (message.clone(), inside)) {
        return Ok(());
    }
    let says = !visible_to(pool, &message)?.is_empty();
    seen.push((message.clone(), inside));
    for field in message.fields() {
        if let Kind::Message(inner) = field.kind() {
            reach(pool, inner, inside || says, seen)?;
        }
    }
    Ok(())
}

#[test]
fn no_portal_is_answered_what_is_for_others() -> Result<()> {
    let (mut wrong, mut guarded) = (BTreeSet::new(), BTreeSet::new());
    for rpc in rpcs()? {
        let Some(portal) = rpc.portal() else { continue };
        let pool = rpc.method.parent_pool().clone();
        let mut messages = Vec::new();
        reach(&pool, rpc.method.output(), false, &mut messages)?;
        for (message, inside) in messages {
            let named = visible_to(&pool, &message)?;
            if !named.is_empty() {
                guarded.insert(message.name().to_owned());
                if !named.contains(&i32::from(portal)) {
                    wrong.insert(format!("{} answers {}, which is not for that portal", rpc.name(), message.name()));
                }
            }
            if !named.is_empty() || inside {
                continue;
            }
            for field in message.fields().filter(|f| !HARMLESS.contains(&f.name())) {
                let words: Vec<_> = field.name().split('_').collect();
                let says = match field.kind() {
                    Kind::Message(inner) => !visible_to(&pool, &inner)?.is_empty(),
                    _ => false,
                };
                if GUARDED.iter().any(|word| words.contains(word)) && !says {
                    wrong.insert(format!(
                        "{}.{} is seen by the {portal:?} portal, and the message does not say by whom it may be",
                        message.name(),
                        field.name()
                    ));
                }
            }
        }
    }
    ensure!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.into_iter().collect::<Vec<_>>().join("\n")
    );
    ensure!(guarded.len() >= 8, "only {guarded:?} say by whom they may be seen");
    Ok(())
}

/// The option names real portals.
#[test]
fn a_message_is_for_portals_that_there_are() -> Result<()> {
    let rpcs = rpcs()?;
    let pool = rpcs.first().context("there are RPCs")?.method.parent_pool().clone();
    for message in pool.all_messages().filter(|m| m.package_name() == "tenantry.v1") {
        for number in visible_to(&pool, &message)? {
            let portal = Portal::try_from(number)?;
            ensure!(portal != Portal::Unspecified, "{} is for no portal", message.name());
        }
    }
    Ok(())
}
