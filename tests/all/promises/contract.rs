//! What the contract itself must have, so that the promises are for every RPC: one that is added without it fails here.

use anyhow::{Result, ensure};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::matrix::contract::{Rpc, rpcs};

/// Those of the portals' services whose names begin so.
fn of_portals(verb: &str) -> Result<Vec<Rpc>> {
    let found: Vec<_> = rpcs()?
        .into_iter()
        .filter(|rpc| rpc.portal().is_some() && rpc.method.name().starts_with(verb))
        .collect();
    ensure!(!found.is_empty(), "there is no {verb}");
    Ok(found)
}

/// The fields that an RPC lacks in its request, or in its response.
fn lacks(rpc: &Rpc, request: &[&str], response: &[&str]) -> Option<String> {
    let missing = |message: MessageDescriptor, names: &[&str]| {
        let missing = names.iter().filter(|name| message.get_field_by_name(name).is_none());
        missing.map(|name| format!("{}.{name}", message.name())).collect::<Vec<_>>()
    };
    let mut all = missing(rpc.method.input(), request);
    all.extend(missing(rpc.method.output(), response));
    (!all.is_empty()).then(|| format!("{}: {}", rpc.name(), all.join(", ")))
}

fn none(lacking: impl Iterator<Item = String>) -> Result<()> {
    let lacking: Vec<_> = lacking.collect();
    ensure!(
        lacking.is_empty(),
        "{} of them lack something:\n{}",
        lacking.len(),
        lacking.join("\n")
    );
    Ok(())
}

#[test]
fn whatever_changes_something_takes_a_key() -> Result<()> {
    let all = of_portals("")?;
    none(
        all.iter()
            .filter(|rpc| rpc.changes())
            .filter_map(|rpc| lacks(rpc, &["request_id"], &[])),
    )
}

/// Its answers are tokens, which nobody keeps.
#[test]
fn the_sign_in_service_takes_no_key_and_says_so() -> Result<()> {
    let all: Vec<_> = rpcs()?.into_iter().filter(|rpc| rpc.portal().is_none()).collect();
    ensure!(all.len() >= 8 && all[0].service_says().contains("Nothing here takes a `request_id`"));
    none(all.iter().filter(|rpc| rpc.has("request_id")).map(Rpc::name))
}

#[test]
fn what_only_reads_takes_no_key() -> Result<()> {
    let all = of_portals("")?;
    let odd = all.iter().filter(|rpc| !rpc.changes() && rpc.has("request_id"));
    none(odd.map(|rpc| format!("{}: a reason to have a key", rpc.name())))
}

#[test]
fn an_update_names_what_it_changes() -> Result<()> {
    none(of_portals("Update")?.iter().filter_map(|rpc| lacks(rpc, &["update_mask"], &[])))
}

#[test]
fn a_list_of_things_has_pages_a_filter_and_an_order() -> Result<()> {
    // Measurements have no id: they are a series, which is asked for by its time.
    let is_thing = |field: FieldDescriptor| match field.kind() {
        Kind::Message(item) => field.is_list() && item.get_field_by_name("id").is_some(),
        _ => false,
    };
    let lists = of_portals("List")?;
    let of_things = lists.iter().filter(|rpc| rpc.method.output().fields().any(is_thing));
    let asked = ["page_size", "page_token", "filter", "order_by"];
    none(of_things.filter_map(|rpc| lacks(rpc, &asked, &["next_page_token"])))
}
