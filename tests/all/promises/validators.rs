//! One validator for each kind of thing: whatever makes it and whatever changes it refuse the same values in the same words.

use anyhow::{Result, ensure};
use portal_client::request_id;
use prost_reflect::Kind;
use tenantry_tests::{Harness, both};
use tonic_types::StatusExt;

use super::{
    masks::{ask, masked, resource},
    with_field,
};
use crate::matrix::{
    World,
    contract::{Rpc, rpcs},
    malformed::bad_values,
    raw::Answer,
    request::{good, in_earnest, set},
};

both! {
    /// Each bad value that is refused when a thing is made is refused when it is changed, in the same words.
    async fn create_and_update_refuse_the_same(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (mut wrong, mut used, mut pairs) = (Vec::new(), 0, 0);
        let updates = with_field("update_mask")?;
        for update in &updates {
            let (name, resource) = resource(update)?;
            let paths = update.mask().unwrap_or_default();
            // What makes the same kind of thing, in whichever portal.
            let makes = |rpc: &Rpc| rpc.method.input().fields().any(|f| f.name() == name && f.kind() == Kind::Message(resource.clone()));
            let create = rpcs()?.into_iter().find(|rpc| !rpc.has("update_mask") && makes(rpc));
            // Nothing makes the policy: there is one.
            let Some(create) = create else { continue };
            pairs += 1;
            for place in create.fields().iter().filter(|place| place.path.starts_with(&format!("{name}."))) {
                let Some(path) = paths.iter().find(|path| place.path[name.len() + 1..].split(['.', '[']).next() == path.split('.').next()) else { continue };
                for (what, value) in bad_values(&create, place)? {
                    used += 1;
                    let (maker, caller) = (world.caller(&create), world.caller(update));
                    let mut making = in_earnest(&create, maker, &request_id())?;
                    set(&mut making, &place.path, value.clone())?;
                    let mut changing = masked(update, good(update, caller)?, &[path.split('.').next().unwrap_or_default().to_owned()])?;
                    set(&mut changing, &place.path, value)?;
                    let (made, changed) = (ask(world, &create, making, maker).await?, ask(world, update, changing, caller).await?);
                    let (made, changed) = (words(&made, &place.path), words(&changed, &place.path));
                    if made.is_empty() || made != changed {
                        wrong.push(format!("{what} in {}: {made:?} by {} and {changed:?} by {}", place.path, create.name(), update.name()));
                    }
                }
            }
        }
        ensure!(pairs >= updates.len() - 1, "only {pairs} kinds of things are made and changed");
        ensure!(used >= 80, "only {used} values were tried");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
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
