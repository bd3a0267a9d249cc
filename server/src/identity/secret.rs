//! Secrets for links: 256 random bits, of which only a digest is stored.

use crate::error::{Error, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A new secret, and what is stored of it.
pub fn new() -> Result<(String, Vec<u8>)> {
    let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
    let stored = digest(&secret);
    Ok((secret, stored))
}

/// What is stored of a secret.
pub fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

/// Random bytes.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::internal(anyhow::anyhow!("no randomness")))?;
    Ok(bytes)
}
