//! Enumerations that are one word in the database, one in filters and one number on the wire.

/// Declares an enumeration. Its words are what the database holds; in upper case they are the names in filters; the place of each, counted from 1, is its number in
/// the contract (a test compares the names).
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sea_orm::EnumIter, sea_orm::DeriveActiveEnum, serde::Serialize, serde::Deserialize)]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $($(#[$vdoc])* #[sea_orm(string_value = $word)] #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// The words, as the database has them.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The number in the contract.
            pub fn number(self) -> i32 {
                self as i32 + 1
            }

            /// From the number in the contract; `None` for one that is not known, 0 included.
            pub fn from_number(number: i32) -> Option<Self> {
                [$(Self::$variant),*].into_iter().find(|v| v.number() == number)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}
