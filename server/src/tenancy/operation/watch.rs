//! Watching an operation: its state now, then each state it comes to.

use super::{Operation, entity, step};
use crate::{
    cx::Cx,
    error::Result,
    id::{Id, OperationId},
    store::{Scope, Visible, event},
    tenancy::tenant::entity as tenant,
};
use async_stream::try_stream;
use futures::Stream;

/// The states of an operation until it has ended. The first read tells whether the caller may see it at all.
pub async fn watch<S: Scope>(cx: &Cx<S>, id: OperationId) -> Result<impl Stream<Item = Result<Operation>> + Send + use<S>>
where
    entity::Entity: Visible<S>,
    step::Entity: Visible<S>,
    tenant::Entity: Visible<S>,
    event::model::Entity: Visible<S>,
{
    let mut events = cx.db.events();
    let mut seq = events.now().await?;
    let first = super::get(&cx.fresh(), id).await?;
    let cx = cx.fresh();
    Ok(try_stream! {
        let mut ended = first.has_ended();
        yield first;
        while !ended {
            events.rung().await;
            let new = events.after(seq).await?;
            let Some(last) = new.last() else { continue };
            seq = last.seq;
            if new.iter().any(|e| e.kind == "operation" && e.id == id.uuid()) {
                let now = super::get(&cx.fresh(), id).await?;
                ended = now.has_ended();
                yield now;
            }
        }
    })
}
