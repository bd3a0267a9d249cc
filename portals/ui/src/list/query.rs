//! The address of a list: search, filters, order and page, as the part of a URL behind the `?`.

/// Names and values in the order of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `?q=acme&state=active`; with or without the question mark.
    pub fn parse(text: &str) -> Self {
        let pairs = text.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The same with another value; an empty one takes the name out.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.0.iter().position(|(found, _)| found == name) {
            Some(at) if value.is_empty() => {
                self.0.remove(at);
            }
            Some(at) => self.0[at].1 = value.to_owned(),
            None if value.is_empty() => {}
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// The text with its question mark; empty when there is nothing.
    pub fn text(&self) -> String {
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        if pairs.is_empty() {
            String::new()
        } else {
            format!("?{}", pairs.join("&"))
        }
    }
}

/// Percent-encodes what may not stand in a query. Commas and colons may, and stay readable.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b',' | b':' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Undoes [`encode`]; what is no valid encoding stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_as_it_was() {
        let query = Query::default()
            .with("q", "Köln & Söhne +1")
            .with("state", "active,past_due")
            .with("x", "");
        assert_eq!(query.text(), "?q=K%C3%B6ln+%26+S%C3%B6hne+%2B1&state=active,past_due");
        assert_eq!(Query::parse(&query.text()), query);
        assert_eq!(query.with("q", "").with("state", "").text(), "");
    }

    #[test]
    fn odd_addresses_are_read_without_harm() {
        assert_eq!(Query::parse("?a&b=%zz&c=%F0").get("b"), Some("%zz"));
        assert_eq!(Query::parse("").get("a"), None);
        assert_eq!(Query::parse("a=1&a=2").get("a"), Some("1"));
    }
}
