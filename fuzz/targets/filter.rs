//! Filters and page tokens at random: a filter is refused, or its values are bound; no token is taken that was not given.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sea_orm::{DbBackend, EntityTrait, QueryFilter, QueryTrait};
use std::sync::LazyLock;
use tenantry::{
    error::Error,
    id::TenantId,
    store::{
        Field, Fields, Sealer, SealingKey,
        audit_entry::{Column, Entity},
        parse_filter,
    },
};

const FIELDS: Fields<Entity> = &[
    Field::text("name", Column::SubjectName),
    Field::word("kind", Column::SubjectKind, &["plan", "tenant"]),
    Field::id::<TenantId>("tenant_id", Column::TenantId),
    Field::time("time", Column::At),
    Field::number("count", Column::Action),
];

static SEALER: LazyLock<Sealer> = LazyLock::new(|| Sealer::new(SealingKey::new("key", &[7; 32]).into_iter().collect()));

fuzz_target!(|text: &str| {
    match parse_filter(FIELDS, text) {
        Ok(condition) => {
            let sql = Entity::find().filter(condition).build(DbBackend::Postgres).sql;
            // All that a text can bring into a statement are quotes and comments, and there are none but our own.
            let sql = sql.replace("ESCAPE E'\\\\'", "");
            assert!(!sql.contains('\'') && !sql.contains("--") && !sql.contains(';'), "{text:?}: {sql}");
        }
        Err(error) => assert!(matches!(error, Error::Invalid(_)), "{text:?}: {error:?}"),
    }
    assert_eq!(SEALER.open("page", text), None);
});
