//! Pages by key: the next page begins after the last row of the one before, so that no row comes twice or is missing while others write. A row that is moved while
//! it is read, because what the caller sorts by was changed, is met where it is then; what lists sort by where nothing is asked never changes.

use super::{Keyed, Rows, Scope, Sealer, Visible, filter};
use crate::{
    clock::Time,
    error::{Error, Result, echo},
    id::Id,
};
use chrono::TimeDelta;
use filter::{Field, Kind};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ModelTrait, Order, QueryFilter, QueryOrder, QuerySelect, Value};
use serde::{Deserialize, Serialize};

/// What a caller asks of a list.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// How many rows, 0 for the default.
    pub page_size: i32,
    /// Where to go on.
    pub page_token: String,
    /// Which rows.
    pub filter: String,
    /// In which order.
    pub order_by: String,
    /// Anything else that decides which rows there are; a page token is good for the same value only.
    pub also: String,
}

/// One page of a list.
#[derive(Debug)]
pub struct Page<M> {
    /// The rows.
    pub rows: Vec<M>,
    /// Where the next page begins; empty on the last one.
    pub next_page_token: String,
    /// How many rows match in all; 0 where that was not asked.
    pub total_size: i64,
}

impl<M> Page<M> {
    /// The same page with each row turned into something else.
    pub fn map<T>(self, f: impl FnMut(M) -> T) -> Page<T> {
        Page {
            rows: self.rows.into_iter().map(f).collect(),
            next_page_token: self.next_page_token,
            total_size: self.total_size,
        }
    }
}

const DEFAULT_SIZE: i32 = 50;
const MAX_SIZE: i32 = 200;
const MAX_ORDER_FIELDS: usize = 3;
const MAX_ORDER_LENGTH: usize = 200;

/// For how long a page token is good.
const GOOD_FOR: TimeDelta = TimeDelta::days(3);

/// What a page token holds: the sort values and the id of the last row, and when it was given.
#[derive(Serialize, Deserialize)]
struct Place {
    values: Vec<String>,
    id: uuid::Uuid,
    /// Always as long, and with it the token.
    #[serde(with = "chrono::serde::ts_nanoseconds")]
    at: Time,
}

/// Opens a page token, which is good for what it was sealed for, and for some days.
fn open(sealer: &Sealer, purpose: &str, token: &str, now: Time) -> Result<Place> {
    let place = sealer
        .open(purpose, token)
        .and_then(|bytes| serde_json::from_slice::<Place>(&bytes).ok())
        .ok_or_else(|| Error::invalid("page_token", "is not one that this list gave for this filter and order"))?;
    if now - place.at > GOOD_FOR {
        let days = GOOD_FOR.num_days();
        return Err(Error::invalid(
            "page_token",
            format!("is older than {days} days; begin again without it"),
        ));
    }
    Ok(place)
}

struct Sort<E: EntityTrait> {
    field: Field<E>,
    order: Order,
}

impl<S: Scope, E: Visible<S> + Keyed> Rows<'_, S, E> {
    /// One page of these rows, and how many there are in all.
    pub async fn page(self, fields: super::Fields<E>, default_order: &str, query: &Query) -> Result<Page<E::Model>> {
        let filtered = self.filter(filter::parse(fields, &query.filter)?);
        let page = filtered.part(fields, default_order, query).await?;
        let total_size = filtered.count().await?;
        Ok(Page { total_size, ..page })
    }

    /// One page of these rows, of which there may be too many to count.
    pub async fn page_uncounted(self, fields: super::Fields<E>, default_order: &str, query: &Query) -> Result<Page<E::Model>> {
        let filtered = self.filter(filter::parse(fields, &query.filter)?);
        filtered.part(fields, default_order, query).await
    }

    async fn part(&self, fields: super::Fields<E>, default_order: &str, query: &Query) -> Result<Page<E::Model>> {
        let store = self.source.db().store.clone();
        if query.order_by.len() > MAX_ORDER_LENGTH {
            return Err(Error::invalid("order_by", format!("must have at most {MAX_ORDER_LENGTH} bytes")));
        }
        let order_by = if query.order_by.trim().is_empty() {
            default_order
        } else {
            &query.order_by
        };
        let sort = parse_order(fields, order_by)?;
        let size = match query.page_size {
            0 => DEFAULT_SIZE,
            1..=MAX_SIZE => query.page_size,
            _ => return Err(Error::invalid("page_size", format!("must be from 0 to {MAX_SIZE}"))),
        };
        let owner = self.source.db().scope.owner().key();
        // As a list, which cannot be read in two ways.
        let purpose = serde_json::to_string(&["page", &owner, E::KIND, &query.filter, order_by, &query.also])?;
        let now = store.clock().now();
        let after = match query.page_token.as_str() {
            "" => None,
            token => Some(open(store.sealer(), &purpose, token, now)?),
        };

        let conn = self.source.conn().await?;
        let mut select = self.select.clone();
        if let Some(place) = &after {
            select = select.filter(beyond(&sort, place)?);
        }
        let id_order = sort.last().map_or(Order::Asc, |s| s.order.clone());
        for s in &sort {
            select = select.order_by(s.field.column, s.order.clone());
        }
        let size = u64::from(size.unsigned_abs());
        let mut found = select.order_by(E::ID, id_order).limit(size + 1).all(&*conn).await?;
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match found.last().filter(|_| more) {
            Some(last) => store.sealer().seal(&purpose, &serde_json::to_vec(&place(&sort, last, now)?)?)?,
            None => String::new(),
        };
        Ok(Page {
            rows: found,
            next_page_token,
            total_size: 0,
        })
    }
}

fn parse_order<E: EntityTrait>(fields: &[Field<E>], text: &str) -> Result<Vec<Sort<E>>> {
    let bad = |message: String| Error::invalid("order_by", message);
    let mut sort: Vec<Sort<E>> = Vec::new();
    for part in text.split(',') {
        let words: Vec<_> = part.split_whitespace().collect();
        let (name, order) = match words.as_slice() {
            [name] | [name, "asc"] => (*name, Order::Asc),
            [name, "desc"] => (*name, Order::Desc),
            _ => {
                return Err(bad(format!(
                    "has {}; write a field's name, or a name and \"desc\", with commas between",
                    echo(part)
                )));
            }
        };
        let field = fields.iter().filter(|f| f.sortable).find(|f| f.name == name).ok_or_else(|| {
            let known: Vec<_> = fields.iter().filter(|f| f.sortable).map(|f| f.name).collect();
            bad(format!("cannot be {}; there are {}", echo(name), known.join(", ")))
        })?;
        if sort.len() == MAX_ORDER_FIELDS || sort.iter().any(|s| s.field.name == name) {
            return Err(bad(format!("must have at most {MAX_ORDER_FIELDS} fields, each once")));
        }
        sort.push(Sort { field: *field, order });
    }
    Ok(sort)
}

/// The rows after a place: greater in the first sort column, or equal there and greater in the next, and so on down to the id.
fn beyond<E: Keyed>(sort: &[Sort<E>], place: &Place) -> Result<Condition> {
    let past = |column: E::Column, order: &Order, value: Value| match order {
        Order::Desc => column.lt(value),
        _ => column.gt(value),
    };
    let id_order = sort.last().map_or(Order::Asc, |s| s.order.clone());
    let mut condition = Condition::all().add(past(E::ID, &id_order, E::Id::from(place.id).into()));
    for (s, text) in sort.iter().zip(&place.values).rev() {
        let value = s.field.value(text)?;
        let equal = Condition::all().add(s.field.column.eq(value.clone())).add(condition);
        condition = Condition::any().add(past(s.field.column, &s.order, value)).add(equal);
    }
    Ok(condition)
}

fn place<E: Keyed>(sort: &[Sort<E>], row: &E::Model, now: Time) -> Result<Place>
where
    E::Model: ModelTrait<Entity = E>,
{
    let values = sort
        .iter()
        .map(|s| text_of(&s.field, row.get(s.field.column)))
        .collect::<Result<_>>()?;
    Ok(Place {
        values,
        id: E::key(row).uuid(),
        at: now,
    })
}

fn text_of<E: EntityTrait>(field: &Field<E>, value: Value) -> Result<String> {
    let text = match (field.kind, value) {
        (Kind::Text | Kind::Word(_), Value::String(Some(text))) => Some(text),
        (Kind::Time, Value::ChronoDateTimeUtc(Some(time))) => Some(Time::to_rfc3339(&time)),
        (Kind::Number, Value::BigInt(Some(number))) => Some(number.to_string()),
        (Kind::Number, Value::Int(Some(number))) => Some(number.to_string()),
        _ => None,
    };
    text.ok_or_else(|| Error::internal(anyhow::anyhow!("{} is declared sortable but is not", field.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SealingKey;

    #[test]
    fn a_token_is_good_for_what_it_was_given_for_and_for_three_days() -> Result<()> {
        let sealer = Sealer::new(vec![SealingKey::new("a", &[1; 32])?]);
        let given = Time::UNIX_EPOCH;
        let place = Place {
            values: vec!["x".into()],
            id: uuid::Uuid::now_v7(),
            at: given,
        };
        let token = sealer.seal("plans", &serde_json::to_vec(&place)?)?;
        let refused = |purpose: &str, token: &str, days: i64, more: i64| {
            let now = given + TimeDelta::days(days) + TimeDelta::seconds(more);
            open(&sealer, purpose, token, now).err().map(|error| error.reason())
        };
        assert_eq!(refused("plans", &token, 0, 0), None);
        assert_eq!(refused("plans", &token, 3, 0), None);
        assert_eq!(refused("plans", &token, 3, 1), Some("INVALID_ARGUMENT"));
        assert_eq!(refused("invoices", &token, 0, 0), Some("INVALID_ARGUMENT"));
        for at in 0..token.len() {
            for other in [b'A', b'B', b'.'] {
                let mut bytes = token.clone().into_bytes();
                if bytes[at] == other {
                    continue;
                }
                bytes[at] = other;
                let altered = String::from_utf8_lossy(&bytes).into_owned();
                assert_eq!(refused("plans", &altered, 0, 0), Some("INVALID_ARGUMENT"), "{altered}");
            }
        }
        Ok(())
    }
}
