//! Filters that are right, wrong, and anything at all.

use super::*;
use crate::{
    id::TenantId,
    store::audit_entry::{Column, Entity},
};
use sea_orm::{DbBackend, QueryFilter, QueryTrait};

const FIELDS: Fields<Entity> = &[
    Field::text("name", Column::SubjectName),
    Field::word("kind", Column::SubjectKind, &["plan", "tenant"]),
    Field::id::<TenantId>("tenant_id", Column::TenantId),
    Field::time("time", Column::At),
    Field::number("count", Column::Action),
];

/// What a filter is in SQL.
fn sql(text: &str) -> Result<String> {
    let condition = parse(FIELDS, text)?;
    Ok(Entity::find().filter(condition).build(DbBackend::Postgres).sql)
}

#[test]
fn a_filter_means_what_it_says() -> Result<()> {
    let of = |text: &str| {
        let sql = sql(text)?;
        let (_, condition) = sql.split_once(" WHERE ").unwrap_or_default();
        Ok::<_, Error>(condition.replace("\"audit_entry\".", "").replace('"', ""))
    };
    assert_eq!(of("name = x AND count > 1")?, "subject_name = $1 AND action > $2");
    assert_eq!(of("NOT (name = x OR kind = PLAN)")?, "NOT (subject_name = $1 OR subject_kind = $2)");
    for bad in [
        "name",
        "name =",
        "= x",
        "name = x AND",
        "name = x OR count = 1 AND count = 2",
        "(name = x",
        "name = x)",
        "count = x",
        "kind = x",
        "nothing = x",
        "NOT NOT name = x",
        "name = \"x",
        "! = x",
    ] {
        assert!(matches!(parse(FIELDS, bad), Err(Error::Invalid(_))), "{bad}");
    }
    Ok(())
}

/// Texts at random, made of what filters are made of. The fuzz target does the same without end.
#[test]
fn whatever_is_given_no_value_becomes_a_part_of_the_statement() {
    const PARTS: [&str; 30] = [
        "name",
        "kind",
        "tenant_id",
        "time",
        "count",
        "nothing",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        ":",
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        " ",
        "\"",
        "\\",
        "'",
        "--",
        ";",
        "%",
        "\"marked value\"",
        "marked",
        "PLAN",
        "2026-01-01T00:00:00Z",
        "7",
    ];
    let (mut state, mut good) = (1_u64, 0);
    let mut chance = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 0..60_000 {
        // Half of them begin as a filter that is right.
        let mut text = if round % 2 == 0 {
            "name = marked".to_owned()
        } else {
            String::new()
        };
        for _ in 0..chance(12) {
            text.push_str(PARTS[chance(PARTS.len())]);
            text.push_str(["", " "][chance(2)]);
        }
        match sql(&text) {
            Ok(sql) => {
                good += 1;
                let sql = sql.replace("ESCAPE E'\\\\'", "");
                assert!(
                    !sql.contains("marked") && !sql.contains("--") && !sql.contains(';') && !sql.contains('\''),
                    "{text}: {sql}"
                );
            }
            Err(error) => assert!(matches!(error, Error::Invalid(_)), "{text}: {error:?}"),
        }
    }
    assert!(good > 1_000, "only {good} were filters");
}
