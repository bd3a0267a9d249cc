//! Resellers and their commission agreements.

pub mod agreement;
pub mod entity;

use crate::{
    cx::Cx,
    error::{Error, Result},
    id::ResellerId,
    store::Platform,
};
use entity::{Column, Entity, Model, ResellerState};

/// A reseller who may bring a new tenant.
pub async fn active(cx: &Cx<Platform>, id: ResellerId) -> Result<Model> {
    let reseller = cx.find::<Entity>().with(Column::Id, id).first().await?;
    let reseller = reseller.ok_or_else(|| Error::invalid("tenant.reseller_id", "is no reseller"))?;
    match reseller.state {
        ResellerState::Active => Ok(reseller),
        ResellerState::Inactive => Err(Error::invalid(
            "tenant.reseller_id",
            "is an inactive reseller, who brings no new tenants",
        )),
    }
}
