//! The words in which [`crate::tables`] is written.

/// Declares the owner of each table, and what accounts may do with the rows that are theirs.
macro_rules! tables {
    ($($kind:ident $rights:tt: $($($path:ident)::+),+;)+) => {
        $($(owned!($kind $rights $($path)::+);)+)+

        /// A table, and the rule that walls it.
        pub struct Table {
            /// Its name in the database.
            pub name: String,
            /// Whose its rows are.
            pub rule: &'static str,
            /// What an account may do with those that are its own: "reads", "adds", "changes", "ends".
            pub rights: &'static [&'static str],
        }

        /// Every table.
        pub fn tables() -> Vec<Table> {
            vec![$($(Table {
                name: crate::$($path)::+::Entity.table_name().to_owned(),
                rule: stringify!($kind),
                rights: rights!($rights),
            },)+)+]
        }

        /// Every column, with its table, that holds one of some words of the program and nothing that anybody has written.
        pub fn words() -> Vec<(String, String)> {
            let mut words = Vec::new();
            $($(
                let columns = <crate::$($path)::+::Column as Iterable>::iter().filter(|column| *column.def().get_column_type() == ColumnType::Text);
                words.extend(columns.map(|column| (crate::$($path)::+::Entity.table_name().to_owned(), column.as_str().to_owned())));
            )+)+
            words
        }
    };
}

/// The words in brackets.
macro_rules! rights {
    ([$($right:ident)*]) => { &[$(stringify!($right)),*] };
}

/// The rule of one table. Where an account only reads, its transactions cannot write: that is a compile error.
macro_rules! owned {
    (platform [] $($p:ident)::+) => {
        owned!(special [] $($p)::+);
        impl Belongs for crate::$($p)::+::Entity {
            fn owner(_: &crate::$($p)::+::Model) -> Owner { Owner::Platform }
        }
    };
    (catalogue [reads] $($p:ident)::+) => {
        owned!(platform [] $($p)::+);
        impl Visible<Tenant> for crate::$($p)::+::Entity {
            fn rows(_: &Tenant) -> Condition { Condition::all() }
        }
        impl Visible<Reseller> for crate::$($p)::+::Entity {
            fn rows(_: &Reseller) -> Condition { Condition::all() }
        }
    };
    (tenant [reads] $($p:ident)::+) => {
        owned!(special [] $($p)::+);
        impl Belongs for crate::$($p)::+::Entity {
            fn owner(row: &crate::$($p)::+::Model) -> Owner { Owner::Tenant(row.tenant_id) }
        }
        impl Visible<Tenant> for crate::$($p)::+::Entity {
            fn rows(scope: &Tenant) -> Condition { Condition::all().add(crate::$($p)::+::Column::TenantId.eq(scope.id())) }
        }
    };
    (tenant [reads $($writes:ident)+] $($p:ident)::+) => {
        owned!(tenant [reads] $($p)::+);
        impl Owned<Tenant> for crate::$($p)::+::Entity {
            fn claim(scope: &Tenant, row: &mut crate::$($p)::+::Model) { row.tenant_id = scope.id(); }
        }
    };
    (reseller [reads] $($p:ident)::+) => {
        owned!(special [] $($p)::+);
        impl Belongs for crate::$($p)::+::Entity {
            fn owner(row: &crate::$($p)::+::Model) -> Owner { Owner::Reseller(row.reseller_id) }
        }
        impl Visible<Reseller> for crate::$($p)::+::Entity {
            fn rows(scope: &Reseller) -> Condition { Condition::all().add(crate::$($p)::+::Column::ResellerId.eq(scope.id())) }
        }
    };
    (anyone [reads $($writes:ident)+] $($p:ident)::+) => {
        owned!(special [] $($p)::+);
        impl Belongs for crate::$($p)::+::Entity {
            fn owner(row: &crate::$($p)::+::Model) -> Owner { Owner::of(row.tenant_id, row.reseller_id) }
        }
        impl Visible<Tenant> for crate::$($p)::+::Entity {
            fn rows(scope: &Tenant) -> Condition { Condition::all().add(crate::$($p)::+::Column::TenantId.eq(scope.id())) }
        }
        impl Owned<Tenant> for crate::$($p)::+::Entity {
            fn claim(scope: &Tenant, row: &mut crate::$($p)::+::Model) { row.tenant_id = Some(scope.id()); row.reseller_id = None; }
        }
        impl Visible<Reseller> for crate::$($p)::+::Entity {
            fn rows(scope: &Reseller) -> Condition { Condition::all().add(crate::$($p)::+::Column::ResellerId.eq(scope.id())) }
        }
        impl Owned<Reseller> for crate::$($p)::+::Entity {
            fn claim(scope: &Reseller, row: &mut crate::$($p)::+::Model) { row.tenant_id = None; row.reseller_id = Some(scope.id()); }
        }
    };
    // The platform sees and writes every table.
    (special [] $($p:ident)::+) => {
        impl Row for crate::$($p)::+::Model {
            type Table = crate::$($p)::+::Entity;
        }
        impl Visible<Platform> for crate::$($p)::+::Entity {
            fn rows(_: &Platform) -> Condition { Condition::all() }
        }
        impl Owned<Platform> for crate::$($p)::+::Entity {
            fn claim(_: &Platform, _: &mut crate::$($p)::+::Model) {}
        }
    };
}

/// Declares what people and programs talk about: its id, its word, its name, and the fields that the machine keeps for itself.
macro_rules! resources {
    ($($($p:ident)::+, $id:ident, $kind:literal, $name:expr $(, unaudited [$($field:literal),+])?;)+) => {$(
        keyed!($($p)::+, $id, $kind);
        impl Resource for crate::$($p)::+::Entity {
            const VERSION: Self::Column = crate::$($p)::+::Column::RowVersion;
            const UNAUDITED: &'static [&'static str] = &[$($($field),+)?];
            fn version(row: &Self::Model) -> i64 { row.row_version }
            fn set_version(row: &mut Self::Model, version: i64) { row.row_version = version; }
            fn name(row: &Self::Model) -> String {
                let name: fn(&Self::Model) -> String = $name;
                name(row)
            }
        }
        impl Answer for crate::$($p)::+::Model {
            fn subject(&self) -> Subject { Subject::of::<crate::$($p)::+::Entity>(self) }
        }
    )+};
}

/// Declares the id of a table.
macro_rules! keyed {
    ($($p:ident)::+, $id:ident, $kind:literal) => {
        impl Keyed for crate::$($p)::+::Entity {
            type Id = $id;
            const KIND: &'static str = $kind;
            const ID: Self::Column = crate::$($p)::+::Column::Id;
            fn key(row: &Self::Model) -> Self::Id { row.id }
        }
    };
}
