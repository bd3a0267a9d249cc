//! Sealing: text that only this system can make and read, bound to what it is for; and stamps, which show that a text is as this system wrote it.

use crate::error::{Error, Result};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::sync::Arc;

/// A key and its name.
pub struct SealingKey {
    id: String,
    key: LessSafeKey,
    /// For stamps: made of the same bytes, from which nobody gets back to them.
    stamp: hmac::Key,
}

impl SealingKey {
    /// A key of 32 bytes.
    pub fn new(id: impl Into<String>, bytes: &[u8]) -> Result<Self> {
        let bad = |_| Error::internal(anyhow::anyhow!("a sealing key must have 32 bytes"));
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(bad)?;
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, b"tenantry").extract(bytes);
        let stamp = derived.expand(&[b"stamp"], hmac::HMAC_SHA256).map_err(bad)?.into();
        Ok(Self {
            id: id.into(),
            key: LessSafeKey::new(key),
            stamp,
        })
    }
}

/// How long a stamp is without the name of its key.
const TAG: usize = 32;

fn no_key() -> Error {
    Error::internal(anyhow::anyhow!("there is no sealing key"))
}

/// Seals with the newest key and opens with any.
#[derive(Clone)]
pub struct Sealer(Arc<Vec<SealingKey>>);

impl Sealer {
    /// From keys, the newest first.
    pub fn new(keys: Vec<SealingKey>) -> Self {
        Self(Arc::new(keys))
    }

    /// Seals a text for a purpose. The result is safe in URLs.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String> {
        let key = self.newest()?;
        let mut nonce = [0u8; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| Error::internal(anyhow::anyhow!("no randomness")))?;
        let mut sealed = plain.to_vec();
        key.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(|_| Error::internal(anyhow::anyhow!("sealing failed")))?;
        Ok(format!("{}.{}", key.id, URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())))
    }

    /// A stamp on something that everybody may read and nobody else can make. It ends with the name of its key, which is the oldest: a server that has not heard of a newer
    /// one has to know it too.
    pub fn stamp(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let key = self.0.last().ok_or_else(no_key)?;
        Ok([hmac::sign(&key.stamp, bytes).as_ref(), key.id.as_bytes()].concat())
    }

    /// Whether a stamp was made on this.
    pub fn is_stamp(&self, bytes: &[u8], stamp: &[u8]) -> bool {
        let Some((tag, id)) = stamp.split_at_checked(TAG) else {
            return false;
        };
        let key = self.0.iter().find(|key| key.id.as_bytes() == id);
        key.is_some_and(|key| hmac::verify(&key.stamp, bytes, tag).is_ok())
    }

    /// The name of the key of a stamp that nobody here can check, because there is no key of that name.
    pub fn unknown_key(&self, stamp: &[u8]) -> Option<String> {
        let (_, id) = stamp.split_at_checked(TAG)?;
        let is_known = id.is_empty() || self.0.iter().any(|key| key.id.as_bytes() == id);
        (!is_known).then(|| String::from_utf8_lossy(id).into_owned())
    }

    fn newest(&self) -> Result<&SealingKey> {
        self.0.first().ok_or_else(no_key)
    }

    /// Opens what was sealed for the same purpose; `None` for anything else.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let (id, body) = sealed.rsplit_once('.')?;
        let key = self.0.iter().find(|k| k.id == id)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = key.key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut sealed).ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_for_its_purpose_only() -> Result<()> {
        let old = Sealer::new(vec![SealingKey::new("a", &[1; 32])?]);
        let new = Sealer::new(vec![SealingKey::new("b", &[2; 32])?, SealingKey::new("a", &[1; 32])?]);
        let sealed = old.seal("page", b"hello")?;
        assert_eq!(new.open("page", &sealed).as_deref(), Some(&b"hello"[..]));
        assert_eq!(new.open("other", &sealed), None);
        let mut forged = sealed.clone();
        forged.pop();
        for text in [forged.as_str(), "", ".", "a.", "c.aaaa", "a.!!!!"] {
            assert_eq!(new.open("page", text), None, "{text}");
        }
        assert_eq!(old.open("page", &new.seal("page", b"x")?), None);
        Ok(())
    }

    #[test]
    fn a_stamp_is_good_for_what_it_is_on() -> Result<()> {
        let old = Sealer::new(vec![SealingKey::new("a", &[1; 32])?]);
        let new = Sealer::new(vec![SealingKey::new("b", &[2; 32])?, SealingKey::new("a", &[1; 32])?]);
        let stamp = old.stamp(b"entry")?;
        assert!(old.is_stamp(b"entry", &stamp) && new.is_stamp(b"entry", &stamp));
        assert!(!new.is_stamp(b"entrz", &stamp) && !new.is_stamp(b"entry", &stamp[1..]) && !new.is_stamp(b"entry", &stamp[..32]));
        // Who has an older key only can check what is stamped where there is a newer one.
        assert!(old.is_stamp(b"entry", &new.stamp(b"entry")?));
        Ok(())
    }

    #[test]
    fn a_stamp_names_its_key() -> Result<()> {
        let (one, other) = (
            Sealer::new(vec![SealingKey::new("a", &[1; 32])?]),
            Sealer::new(vec![SealingKey::new("b", &[2; 32])?]),
        );
        let stamp = one.stamp(b"entry")?;
        assert_eq!((one.unknown_key(&stamp), other.unknown_key(&stamp).as_deref()), (None, Some("a")));
        assert!(!other.is_stamp(b"entry", &stamp));
        for forged in [&b""[..], &stamp[..32], b"short"] {
            assert_eq!(other.unknown_key(forged), None);
        }
        Ok(())
    }
}
