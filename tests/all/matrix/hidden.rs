//! Secrets that an answer may hold for nobody, and how they would look there.

use std::{collections::HashMap, fs};

use anyhow::{Context, Result};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use portal_client::pb;
use tenantry::tables::{Table, tables};
use tenantry_tests::{Db, Harness, PASSWORD};

/// By their first bytes.
#[derive(Default)]
pub struct Secrets(HashMap<[u8; START], Vec<(String, Vec<u8>)>>);

const START: usize = 8;
/// What is shorter may be there by chance.
const SHORTEST: usize = 12;

impl Secrets {
    /// Those of a server and of its people: keys, what the database keeps of passwords, tokens and links, and the password of everybody.
    pub async fn of(h: &Harness) -> Result<Self> {
        let mut secrets = Self::default();
        secrets.add("the password", PASSWORD.as_bytes());
        for file in fs::read_dir(h.settings.keys_dir())? {
            let path = file?.path();
            let bytes = fs::read(&path)?;
            // The key itself is at the end; before it, where there is more, is what kind of key it is.
            let key = bytes.last_chunk::<32>();
            for part in [Some(bytes.as_slice()), key.map(|key| key.as_slice())].into_iter().flatten() {
                secrets.add(&path.display().to_string(), part);
            }
        }
        let mut db = Db::open(&h.settings).await?;
        for Table { name: table, .. } in tables() {
            for (column, kind) in db.columns(&table).await? {
                let name = format!("{table}.{column}");
                let is_text = keeps_a_secret(&column);
                let value = match kind.as_str() {
                    "bytea" => db.hex(&column),
                    "text" if is_text => column.clone(),
                    _ => continue,
                };
                let question = format!("SELECT {value} FROM \"{table}\" WHERE {column} IS NOT NULL");
                for text in db.texts(&question).await? {
                    match kind.as_str() {
                        "bytea" => secrets.add(&name, &bytes(&text)?),
                        _ => secrets.add(&name, text.as_bytes()),
                    }
                }
            }
        }
        Ok(secrets)
    }

    /// Where a text of the database holds one and is not there to keep it, and how many texts were looked at.
    pub async fn astray(&self, h: &Harness) -> Result<(Vec<String>, usize)> {
        let mut db = Db::open(&h.settings).await?;
        let (mut found, mut looked_at) = (Vec::new(), 0);
        for Table { name: table, .. } in tables() {
            for (column, kind) in db.columns(&table).await? {
                if !["text", "jsonb"].contains(&kind.as_str()) || keeps_a_secret(&column) {
                    continue;
                }
                let question = format!("SELECT CAST({column} AS text) FROM \"{table}\" WHERE {column} IS NOT NULL");
                let texts = db.texts(&question).await?;
                looked_at += texts.len();
                found.extend(
                    texts
                        .iter()
                        .filter_map(|text| Some(format!("{} is in {table}.{column}: {text}", self.find(text.as_bytes())?))),
                );
            }
        }
        Ok((found, looked_at))
    }

    /// The tokens of a session.
    pub fn add_session(&mut self, of: &str, session: &pb::Session) {
        self.add(&format!("the access token of {of}"), session.access_token.as_bytes());
        self.add(&format!("the refresh token of {of}"), session.refresh_token.as_bytes());
    }

    /// A secret as it is, and as it may be written.
    pub fn add(&mut self, name: &str, secret: &[u8]) {
        if secret.len() < SHORTEST {
            return;
        }
        for form in written(secret).into_iter().map(String::into_bytes).chain([secret.to_vec()]) {
            if let Some(start) = form.first_chunk() {
                self.0.entry(*start).or_default().push((name.to_owned(), form));
            }
        }
    }

    pub fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// The first one that is somewhere in some bytes.
    pub fn find(&self, bytes: &[u8]) -> Option<&str> {
        bytes.windows(START).enumerate().find_map(|(at, start)| {
            let known = self.0.get(start)?;
            let found = known.iter().find(|(_, form)| bytes[at..].starts_with(form));
            found.map(|(name, _)| name.as_str())
        })
    }
}

/// Whether a text is there to keep a secret, sealed or as a digest.
fn keeps_a_secret(column: &str) -> bool {
    column.ends_with("_hash") || column.starts_with("sealed_")
}

/// How bytes are written as text.
pub fn written(bytes: &[u8]) -> [String; 4] {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [
        hex.to_uppercase(),
        hex,
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
    ]
}

/// From hexadecimal digits.
fn bytes(hex: &str) -> Result<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2).map(|two| std::str::from_utf8(two));
    let bytes = digits.map(|two| Ok(u8::from_str_radix(two?, 16)?)).collect::<Result<_>>();
    bytes.with_context(|| format!("{hex} is not hexadecimal"))
}
