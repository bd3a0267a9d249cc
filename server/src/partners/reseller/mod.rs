//! Resellers and their commission agreements.

pub mod agreement;
pub mod convert;
pub mod entity;

use crate::{
    convert::check_etag,
    cx::Cx,
    error::{Error, Result},
    id::{AgreementId, ResellerId},
    store::{Answer, Change, Field, Fields, Keyed, Page, Platform, Query, Scope, Subject, Tx, Visible},
};
use entity::{Column, Entity, Model, ResellerState};
use sea_orm::{ColumnTrait, Order};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What lists of resellers can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::text("code", Column::Code).sortable(),
    Field::text("display_name", Column::DisplayName).sortable(),
    Field::text("contact_email", Column::ContactEmail),
    Field::word("state", Column::State, ResellerState::WORDS),
    Field::time("create_time", Column::CreatedAt).sortable(),
];

/// A reseller with the terms that are in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reseller {
    /// The reseller.
    pub row: Model,
    /// The newest version of its agreement.
    pub agreement: agreement::Model,
}

impl Answer for Reseller {
    fn subject(&self) -> Subject {
        Subject::of::<Entity>(&self.row)
    }
}

/// The terms on which a reseller shall earn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Parts per million of a customer's first invoice.
    pub initial_rate_ppm: i64,
    /// Parts per million of later ones.
    pub recurring_rate_ppm: i64,
    /// For how many later ones; 0 is for ever.
    pub recurring_invoices: i64,
    /// Days before it can be paid out.
    pub hold_days: i64,
}

/// A reseller to be made.
pub struct NewReseller {
    /// Whether only to tell what would be.
    pub preview: bool,
    /// Short name for machines.
    pub code: String,
    /// The company's name.
    pub display_name: String,
    /// Where it is reached.
    pub contact_email: String,
    /// The terms.
    pub terms: Terms,
}

/// What changes of a reseller; what is `None` stays.
#[derive(Default)]
pub struct ResellerPatch {
    /// The version the caller has seen.
    pub etag: String,
    /// The name.
    pub display_name: Option<String>,
    /// Where it is reached.
    pub contact_email: Option<String>,
    /// Whether it may bring new tenants.
    pub state: Option<ResellerState>,
    /// The terms from now on.
    pub terms: Option<Terms>,
}

/// One page of resellers.
pub async fn list(cx: &Cx<Platform>, query: &Query) -> Result<Page<Reseller>> {
    let page = cx.find::<Entity>().page(FIELDS, "display_name", query).await?;
    let of_these = agreement::Column::ResellerId.is_in(page.rows.iter().map(|r| r.id));
    let versions = cx.find::<agreement::Entity>().filter(of_these);
    let versions = versions.order(agreement::Column::Version, Order::Desc).all().await?;
    let newest = |row: Model| {
        let agreement = versions.iter().find(|v| v.reseller_id == row.id).cloned();
        Ok(Reseller {
            agreement: agreement.ok_or_else(no_agreement)?,
            row,
        })
    };
    Ok(Page {
        rows: page.rows.into_iter().map(newest).collect::<Result<_>>()?,
        next_page_token: page.next_page_token,
        total_size: page.total_size,
    })
}

/// One reseller.
pub async fn get<S: Scope>(cx: &Cx<S>, id: ResellerId) -> Result<Reseller>
where
    Entity: Visible<S>,
    agreement::Entity: Visible<S>,
{
    let row = cx.find::<Entity>().get(id).await?;
    let versions = cx.find::<agreement::Entity>().with(agreement::Column::ResellerId, id);
    let agreement = versions.order(agreement::Column::Version, Order::Desc).first().await?;
    Ok(Reseller {
        agreement: agreement.ok_or_else(no_agreement)?,
        row,
    })
}

/// Makes a reseller.
pub async fn create(cx: &Cx<Platform>, new: NewReseller) -> Result<Reseller> {
    let now = cx.business_now();
    cx.change(Change::new("reseller.create").preview(new.preview), async |tx| {
        let row = Model {
            id: ResellerId::new(),
            code: new.code,
            display_name: new.display_name,
            contact_email: new.contact_email,
            state: ResellerState::Active,
            row_version: 1,
            created_at: now,
            updated_at: now,
        };
        let row = tx.insert_unique(row, "reseller.code", "RESELLER_CODE_TAKEN").await?;
        let agreement = agree(tx, &row, None, new.terms).await?;
        Ok(Reseller { row, agreement })
    })
    .await
}

/// Changes a reseller. Other terms are a new version of its agreement, for payments from now on.
pub async fn update(cx: &Cx<Platform>, id: ResellerId, patch: ResellerPatch) -> Result<Reseller> {
    let now = cx.business_now();
    cx.change(Change::new("reseller.update"), async |tx| {
        let before = tx.lock::<Entity>(id).await?;
        check_etag(&patch.etag, before.row_version)?;
        let versions = tx.find::<agreement::Entity>().with(agreement::Column::ResellerId, id);
        let old = versions.order(agreement::Column::Version, Order::Desc).first().await?;
        let old = old.ok_or_else(no_agreement)?;
        let agreement = match patch.terms {
            Some(terms) if terms != old.terms() => agree(tx, &before, Some(&old), terms).await?,
            _ => old.clone(),
        };
        let row = tx
            .update(&before, |r| {
                r.display_name = patch.display_name.unwrap_or_else(|| r.display_name.clone());
                r.contact_email = patch.contact_email.unwrap_or_else(|| r.contact_email.clone());
                r.state = patch.state.unwrap_or(r.state);
                if agreement.id != old.id || *r != before {
                    r.updated_at = now;
                }
            })
            .await?;
        Ok(Reseller { row, agreement })
    })
    .await
}

/// A reseller who may bring a new tenant.
pub async fn active(tx: &Tx<Platform>, id: ResellerId) -> Result<Model> {
    let reseller = tx.find::<Entity>().with(Column::Id, id).first().await?;
    let reseller = reseller.ok_or_else(|| Error::invalid("tenant.reseller_id", "is no reseller"))?;
    match reseller.state {
        ResellerState::Active => Ok(reseller),
        ResellerState::Inactive => Err(Error::invalid(
            "tenant.reseller_id",
            "is an inactive reseller, who brings no new tenants",
        )),
    }
}

/// Writes the next version of a reseller's agreement.
async fn agree(tx: &Tx<Platform>, reseller: &Model, before: Option<&agreement::Model>, terms: Terms) -> Result<agreement::Model> {
    let row = agreement::Model {
        id: AgreementId::new(),
        reseller_id: reseller.id,
        version: before.map_or(1, |v| v.version + 1),
        initial_rate_ppm: terms.initial_rate_ppm,
        recurring_rate_ppm: terms.recurring_rate_ppm,
        recurring_invoices: terms.recurring_invoices,
        hold_days: terms.hold_days,
        created_at: tx.db().clock().business(),
    };
    let row = tx.put(row).await?;
    let known = before.map_or(Ok(Value::Null), serde_json::to_value)?;
    tx.note::<Entity>(reseller, "agreement", known, serde_json::to_value(&row)?);
    Ok(row)
}

fn no_agreement() -> Error {
    Error::internal(anyhow::anyhow!("a {} has no agreement", Entity::KIND))
}
