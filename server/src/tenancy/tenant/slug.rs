//! The name in a tenant's address.

use crate::convert::Check;

/// Names that would be taken for something of the vendor's, or that machines give a meaning.
const RESERVED: [&str; 48] = [
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "api",
    "app",
    "apps",
    "assets",
    "auth",
    "autoconfig",
    "autodiscover",
    "billing",
    "blog",
    "cdn",
    "console",
    "dashboard",
    "demo",
    "dns",
    "docs",
    "ftp",
    "grpc",
    "healthz",
    "help",
    "imap",
    "instance",
    "localhost",
    "login",
    "mail",
    "master",
    "metrics",
    "news",
    "noc",
    "portal",
    "postmaster",
    "readyz",
    "reseller",
    "root",
    "smtp",
    "static",
    "status",
    "support",
    "system",
    "tenant",
    "tenantry",
    "test",
    "webmail",
    "www",
];

/// Reads a slug: 3 to 30 lowercase letters, digits and inner hyphens, and no reserved word.
pub fn read(check: &mut Check, field: &str, value: &str) -> String {
    let slug = check.code(field, value, 3, 30);
    if RESERVED.contains(&slug.as_str()) {
        check.bad(field, "is a reserved word");
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_short_plain_and_not_reserved() {
        let wrong = |slug: &str| {
            let mut check = Check::default();
            read(&mut check, "slug", slug);
            check.done().is_err()
        };
        for good in ["abc", "a1-b2", "north-fibre-2", &"a".repeat(30)] {
            assert!(!wrong(good), "{good}");
        }
        for bad in [
            "",
            "ab",
            "Abc",
            "-abc",
            "abc-",
            "a_b",
            "a b",
            "äbc",
            "abc.",
            "www",
            "admin",
            "localhost",
            &"a".repeat(31),
            "аbc",
        ] {
            assert!(wrong(bad), "{bad}");
        }
    }

    #[test]
    fn the_reserved_words_are_in_order() {
        assert!(RESERVED.is_sorted());
    }
}
