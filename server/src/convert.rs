//! What all conversions between messages and models share.

use crate::{
    clock::Time,
    error::{Error, Result, Violation, echo},
    id::Id,
    money::{Money, exponent},
    store::{Once, Query},
};
use chrono::{DateTime, Datelike, SubsecRound};
use prost_types::Timestamp;
use sha2::{Digest, Sha256};
use tenantry_proto::{Request, v1 as pb};

/// A moment on the wire.
pub fn timestamp(time: Time) -> Timestamp {
    Timestamp {
        seconds: time.timestamp(),
        nanos: i32::try_from(time.timestamp_subsec_nanos()).unwrap_or_default(),
    }
}

/// The version of a row on the wire.
pub fn etag(version: i64) -> String {
    version.to_string()
}

/// Refuses a change of a row that is not the one the caller has seen. An empty etag is any.
pub fn check_etag(etag: &str, version: i64) -> Result<()> {
    if etag.is_empty() || etag == self::etag(version) {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}

/// An amount on the wire.
pub fn money(currency: &str, minor: i64) -> pb::Money {
    pb::Money {
        currency_code: currency.to_owned(),
        minor_units: minor,
    }
}

impl From<Money> for pb::Money {
    fn from(m: Money) -> Self {
        money(&m.currency, m.minor)
    }
}

/// What a list request asks, for every List request there is.
#[macro_export]
macro_rules! list_query {
    ($req:expr) => {
        $crate::store::Query {
            page_size: $req.page_size,
            page_token: $req.page_token,
            filter: $req.filter,
            order_by: $req.order_by,
            also: String::new(),
        }
    };
}

/// Collects the wrong fields of a request.
#[derive(Default)]
pub struct Check(Vec<Violation>);

/// How many wrong fields are noted: nobody reads more, and a request of some megabytes may have a million.
const MAX_NOTED: usize = 100;
/// How many paths an update mask may have; no resource has so many.
const MAX_PATHS: usize = 100;

impl Check {
    /// Notes a wrong field.
    pub fn bad(&mut self, field: impl Into<String>, message: impl Into<String>) {
        if self.0.len() < MAX_NOTED {
            self.0.push(Violation {
                field: field.into(),
                message: message.into(),
            });
        }
    }

    /// All of them as an error, or nothing.
    pub fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }

    /// Takes the wrong fields of another check.
    pub fn also(&mut self, result: Result<()>) -> Result<()> {
        match result {
            Err(Error::Invalid(more)) => self.0.extend(more),
            other => return other,
        }
        Ok(())
    }

    /// Only the fields that an update mask names: the others are not read, so they cannot be wrong.
    pub fn within(mut self, message: &str, paths: &[String]) -> Self {
        let named = |field: &str, path: &str| {
            let rest = field.strip_prefix(message).and_then(|f| f.strip_prefix('.')?.strip_prefix(path));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.0.retain(|v| paths.iter().any(|path| named(&v.field, path)));
        self
    }

    /// A text that is trimmed and must have from `least` to `most` characters, none of them a control character.
    pub fn text(&mut self, field: &str, value: &str, least: usize, most: usize) -> String {
        let value = value.trim();
        let length = value.chars().count();
        if length == 0 && least > 0 {
            self.bad(field, "must not be empty");
        } else if !(least..=most).contains(&length) {
            self.bad(field, format!("must have {least} to {most} characters"));
        } else if value.chars().any(char::is_control) {
            self.bad(field, "must not have control characters");
        }
        value.to_owned()
    }

    /// An email address. `least` 0 allows an empty one.
    pub fn email(&mut self, field: &str, value: &str, least: usize) -> String {
        let value = self.text(field, value, least, 254);
        if !value.is_empty() && !is_email(&value) {
            self.bad(field, "must be an email address");
        }
        value
    }

    /// A short name for machines: lowercase letters, digits and inner hyphens.
    pub fn code(&mut self, field: &str, value: &str, least: usize, most: usize) -> String {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let length = value.chars().count();
        if value.is_empty() {
            self.bad(field, "must not be empty");
        } else if !(least..=most).contains(&length) || !value.chars().all(inner) || value.starts_with('-') || value.ends_with('-') {
            self.bad(
                field,
                format!("must have {least} to {most} lowercase letters, digits or inner hyphens"),
            );
        }
        value.to_owned()
    }

    /// An id.
    pub fn id<I: Id>(&mut self, field: &str, value: &str) -> Option<I> {
        if value.is_empty() {
            self.bad(field, "must not be empty");
            return None;
        }
        value.parse().map_err(|e: crate::id::BadId| self.bad(field, e.to_string())).ok()
    }

    /// An id that may be left out.
    pub fn optional_id<I: Id>(&mut self, field: &str, value: &str) -> Option<I> {
        if value.is_empty() { None } else { self.id(field, value) }
    }

    /// A whole number within limits.
    pub fn number(&mut self, field: &str, value: impl Into<i64>, least: i64, most: i64) -> i64 {
        let value = value.into();
        if !(least..=most).contains(&value) {
            self.bad(field, format!("must be from {least} to {most}"));
        }
        value
    }

    /// The code of a currency.
    pub fn currency(&mut self, field: &str, value: &str) -> String {
        if exponent(value).is_none() {
            self.bad(
                field,
                "must be the ISO 4217 code of a currency in capital letters, for example \"EUR\"",
            );
        }
        value.to_owned()
    }

    /// A moment, if it is given.
    pub fn time(&mut self, field: &str, value: Option<Timestamp>) -> Option<Time> {
        let value = value?;
        let time = u32::try_from(value.nanos)
            .ok()
            .and_then(|nanos| DateTime::from_timestamp(value.seconds, nanos))
            .filter(|time| (1..=9999).contains(&time.year()));
        if time.is_none() {
            self.bad(field, "must be a moment between the years 1 and 9999");
        }
        time.map(|t| t.trunc_subsecs(6))
    }

    /// The key of a request that must have one.
    pub fn request_id(&mut self, request_id: &str) {
        if request_id.is_empty() {
            self.bad(
                "request_id",
                "must not be empty; choose any text, and use the same one when you repeat the request",
            );
        }
    }

    /// The paths of an update mask, each once, and each of which must be one of `known`. An empty mask is an empty list.
    pub fn mask(&mut self, mask: Option<prost_types::FieldMask>, known: &[&str]) -> Vec<String> {
        let mut paths = mask.map(|m| m.paths).unwrap_or_default();
        if paths.len() > MAX_PATHS {
            self.bad("update_mask", format!("must have at most {MAX_PATHS} paths"));
            return Vec::new();
        }
        let mut seen = std::collections::BTreeSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        for path in paths.iter().filter(|p| !known.contains(&p.as_str())) {
            self.bad(
                "update_mask",
                format!("has {}, which cannot be changed; there are {}", echo(path), known.join(", ")),
            );
        }
        paths
    }
}

/// One address with a name, an @ and a host with a dot, without blanks: what a mail server would take. Proof is the mail itself.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let label = |l: &str| {
        !l.is_empty() && l.len() <= 63 && l.chars().all(|c| c.is_alphanumeric() || c == '-') && !l.starts_with('-') && !l.ends_with('-')
    };
    !name.is_empty()
        && name.len() <= 64
        && !name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "()<>[]:;,\\\"@".contains(c))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && host.contains('.')
        && host.split('.').all(label)
}

/// The key of a request, if it has one, with a digest of the request itself.
pub fn once(request: &impl Request) -> Result<Option<Once>> {
    let request_id = request.request_id();
    if request_id.is_empty() {
        return Ok(None);
    }
    if request_id.chars().count() > 64 || request_id.chars().any(char::is_control) {
        let message = "must have at most 64 characters, none of them a control character";
        return Err(Error::invalid("request_id", message));
    }
    Ok(Some(Once {
        request_id: request_id.to_owned(),
        fingerprint: Sha256::digest(request.encode_to_vec()).to_vec(),
    }))
}

/// The id that a request names; the one wrong field of a small request.
pub fn one_id<I: Id>(field: &str, value: &str) -> Result<I> {
    let mut check = Check::default();
    let id = check.id(field, value);
    check.done()?;
    id.ok_or_else(|| Error::invalid(field, "is missing"))
}

/// The id of what is held and why, 1 to 200 characters.
pub fn id_and_reason<I: Id>(field: &str, value: &str, reason: &str) -> Result<(I, String)> {
    let mut check = Check::default();
    let id = check.id(field, value);
    let reason = check.text("reason", reason, 1, 200);
    check.done()?;
    id.map(|id| (id, reason)).ok_or_else(|| Error::invalid(field, "is missing"))
}

/// Narrows the token of a list to one more argument.
pub fn narrowed(mut query: Query, also: impl Into<String>) -> Query {
    query.also = also.into();
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_servers_take() {
        for good in ["a@b.co", "anna.berg+isp@mail.example.com", "müller@bücher.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.co",
            "a@",
            "a b@c.de",
            "a@b..de",
            ".a@b.de",
            "a..b@c.de",
            "a@-b.de",
            "a@b.de,c@d.de",
            "<a@b.de>",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn all_wrong_fields_are_collected() {
        let mut check = Check::default();
        check.text("name", " ", 1, 80);
        check.code("slug", "-Acme", 3, 30);
        check.currency("currency", "eur");
        check.number("days", 32, 0, 31);
        let Err(Error::Invalid(violations)) = check.done() else {
            panic!("four fields are wrong")
        };
        assert_eq!(
            violations.iter().map(|v| v.field.as_str()).collect::<Vec<_>>(),
            ["name", "slug", "currency", "days"]
        );
    }
}
