//! The ISP's subscribers.

use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use uuid::Uuid;

use super::config;

/// Subscribers on one page of the list.
const PAGE: u32 = 25;

/// Somebody who has a line of this ISP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subscriber {
    /// `sbr_` and 32 hexadecimal digits.
    pub id: String,
    pub name: String,
    pub email: String,
    /// The line or service, as the ISP calls it.
    pub service: String,
    created_at: i64,
}

/// The columns of a subscriber, in the order of its fields.
type Row = (String, String, String, String, i64);

impl From<Row> for Subscriber {
    fn from((id, name, email, service, created_at): Row) -> Self {
        Self {
            id,
            name,
            email,
            service,
            created_at,
        }
    }
}

impl Subscriber {
    pub(super) fn since(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.created_at).unwrap_or_default()
    }
}

/// What somebody typed into the form, with what is wrong with it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub name: String,
    pub email: String,
    pub service: String,
    pub problems: Vec<Problem>,
}

/// A field that must be corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub field: &'static str,
    pub text: &'static str,
}

/// One page of the list.
pub(super) struct Page {
    pub rows: Vec<Subscriber>,
    /// From 1.
    pub number: u32,
    /// At least 1.
    pub pages: u32,
    /// The number of the first row, from 1.
    pub first: u32,
    /// How many match the search.
    pub found: u32,
    /// How many there are.
    pub total: u32,
}

/// What came of adding somebody.
pub(super) enum Added {
    Done,
    /// Each wrong field is named.
    Wrong(Draft),
    /// The plan covers no more.
    Full,
}

/// How many there are.
pub(super) async fn count(pool: &SqlitePool) -> sqlx::Result<u32> {
    sqlx::query_scalar("SELECT count(*) FROM subscriber").fetch_one(pool).await
}

/// One page of those whose name, email address or service contains the search, by name. A number beyond the last page
/// is the last page.
pub(super) async fn list(pool: &SqlitePool, search: &str, number: u32) -> sqlx::Result<Page> {
    let pattern = pattern(search.trim());
    let mut reading = pool.begin().await?;
    let total = sqlx::query_scalar("SELECT count(*) FROM subscriber")
        .fetch_one(&mut *reading)
        .await?;
    let found: u32 = sqlx::query_scalar(
        r"SELECT count(*) FROM subscriber WHERE name LIKE ?1 ESCAPE '\' OR email LIKE ?1 ESCAPE '\' OR service LIKE ?1 ESCAPE '\'",
    )
    .bind(&pattern)
    .fetch_one(&mut *reading)
    .await?;
    let pages = found.div_ceil(PAGE).max(1);
    let number = number.clamp(1, pages);
    let skipped = (number - 1) * PAGE;
    let rows: Vec<Row> = sqlx::query_as(
        r"SELECT id, name, email, service, created_at FROM subscriber
          WHERE name LIKE ?1 ESCAPE '\' OR email LIKE ?1 ESCAPE '\' OR service LIKE ?1 ESCAPE '\'
          ORDER BY name, id LIMIT ?2 OFFSET ?3",
    )
    .bind(&pattern)
    .bind(PAGE)
    .bind(skipped)
    .fetch_all(&mut *reading)
    .await?;
    Ok(Page {
        rows: rows.into_iter().map(Subscriber::from).collect(),
        number,
        pages,
        first: skipped + 1,
        found,
        total,
    })
}

/// Adds a subscriber. `max` is what the plan covers; 0 is unlimited.
pub(super) async fn add(pool: &SqlitePool, draft: Draft, max: u32, now: DateTime<Utc>) -> sqlx::Result<Added> {
    let mut draft = check(draft);
    let mut change = pool.begin_with("BEGIN IMMEDIATE").await?;
    let total: u32 = sqlx::query_scalar("SELECT count(*) FROM subscriber")
        .fetch_one(&mut *change)
        .await?;
    if max > 0 && total >= max {
        return Ok(Added::Full);
    }
    let taken: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM subscriber WHERE email = ?)")
        .bind(&draft.email)
        .fetch_one(&mut *change)
        .await?;
    if taken {
        draft.problems.push(Problem {
            field: "email",
            text: "A subscriber with this email address is already in the list.",
        });
    }
    if !draft.problems.is_empty() {
        return Ok(Added::Wrong(draft));
    }
    sqlx::query("INSERT INTO subscriber (id, name, email, service, created_at) VALUES (?, ?, ?, ?, ?)")
        .bind(format!("sbr_{}", Uuid::now_v7().simple()))
        .bind(&draft.name)
        .bind(&draft.email)
        .bind(&draft.service)
        .bind(now.timestamp_micros())
        .execute(&mut *change)
        .await?;
    change.commit().await?;
    Ok(Added::Done)
}

/// The subscriber with this id.
pub(super) async fn get(pool: &SqlitePool, id: &str) -> sqlx::Result<Option<Subscriber>> {
    let row: Option<Row> = sqlx::query_as("SELECT id, name, email, service, created_at FROM subscriber WHERE id = ?")
        .bind(id)
        .fetch_optional(pool)
        .await?;
    Ok(row.map(Subscriber::from))
}

/// Removes a subscriber. Whether there was one.
pub(super) async fn remove(pool: &SqlitePool, id: &str) -> sqlx::Result<bool> {
    let done = sqlx::query("DELETE FROM subscriber WHERE id = ?").bind(id).execute(pool).await?;
    Ok(done.rows_affected() > 0)
}

fn check(draft: Draft) -> Draft {
    let mut problems = Vec::new();
    let mut field = |field, text, typed: &str, read: Option<String>| {
        if read.is_none() {
            problems.push(Problem { field, text });
        }
        read.unwrap_or_else(|| typed.to_owned())
    };
    let name = config::line(&draft.name, 100);
    let name = field("name", "Enter a name of up to 100 characters.", &draft.name, name);
    let email = config::email(&draft.email);
    let email = field("email", "Enter an email address such as name@example.com.", &draft.email, email);
    let service = config::line(&draft.service, 100);
    let service = field(
        "service",
        "Enter a line or service of up to 100 characters.",
        &draft.service,
        service,
    );
    Draft {
        name,
        email,
        service,
        problems,
    }
}

/// The search as a LIKE pattern: what people type stands for itself.
fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for c in search.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::schema;

    fn draft(name: &str, email: &str) -> Draft {
        Draft {
            name: name.into(),
            email: email.into(),
            service: "Fibre 100".into(),
            problems: vec![],
        }
    }

    async fn added(pool: &SqlitePool, draft: Draft) -> bool {
        matches!(add(pool, draft, 0, Utc::now()).await.unwrap(), Added::Done)
    }

    #[tokio::test]
    async fn they_are_listed_by_name_in_pages() {
        let dir = tempfile::tempdir().unwrap();
        let pool = schema::open(dir.path()).await.unwrap();
        assert_eq!(list(&pool, "", 1).await.unwrap().pages, 1);
        for number in (0..60).rev() {
            assert!(added(&pool, draft(&format!("name {number:02}"), &format!("n{number}@isp.example"))).await);
        }
        assert!(added(&pool, draft("Aaron 50%", "aaron@isp.example")).await);
        let first = list(&pool, "", 1).await.unwrap();
        assert_eq!(
            (first.rows[0].name.as_str(), first.rows.len(), first.pages, first.total),
            ("Aaron 50%", 25, 3, 61)
        );
        assert!(first.rows[0].id.starts_with("sbr_") && first.rows[0].id.len() == 36);
        let last = list(&pool, "", 99).await.unwrap();
        assert_eq!((last.number, last.first, last.rows.len()), (3, 51, 11));
        let search = list(&pool, " NAME 0", 1).await.unwrap();
        assert_eq!((search.found, search.total), (10, 61));
        assert_eq!(list(&pool, "0%", 1).await.unwrap().found, 1);
        assert_eq!(list(&pool, "n_me", 1).await.unwrap().found, 0);
        assert_eq!(list(&pool, "fibre", 1).await.unwrap().found, 61);
    }

    #[tokio::test]
    async fn all_wrong_fields_are_named_and_what_was_typed_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let pool = schema::open(dir.path()).await.unwrap();
        let wrong = Draft {
            email: "nobody".into(),
            ..Draft::default()
        };
        let Added::Wrong(wrong) = add(&pool, wrong, 0, Utc::now()).await.unwrap() else {
            panic!("It was added.")
        };
        let fields: Vec<_> = wrong.problems.iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["name", "email", "service"]);
        assert_eq!(wrong.email, "nobody");
    }

    #[tokio::test]
    async fn an_address_is_there_once_and_a_plan_has_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let pool = schema::open(dir.path()).await.unwrap();
        assert!(added(&pool, draft(" Ada ", "ada@isp.example")).await);
        assert!(!added(&pool, draft("Other", "ADA@isp.example")).await);
        assert!(matches!(
            add(&pool, draft("Bob", "bob@isp.example"), 1, Utc::now()).await.unwrap(),
            Added::Full
        ));
        let ada = list(&pool, "", 1).await.unwrap().rows.remove(0);
        assert_eq!(ada.name, "Ada");
        assert_eq!(get(&pool, &ada.id).await.unwrap().as_ref(), Some(&ada));
        assert!(remove(&pool, &ada.id).await.unwrap());
        assert!(!remove(&pool, &ada.id).await.unwrap());
        assert_eq!(count(&pool).await.unwrap(), 0);
    }
}
