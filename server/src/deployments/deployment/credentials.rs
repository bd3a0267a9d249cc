//! The first credentials of an instance: made once, shown once.

use crate::{
    error::{Error, Result},
    id::DeploymentId,
    identity::password,
    store::Sealer,
};

/// 32 characters that nobody takes for one another, so that five random bits are one of them.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Four groups of five make a hundred bits.
const GROUPS: usize = 4;
const GROUP: usize = 5;

/// A random password and its hash. No `Debug`: it is a secret.
pub struct Credentials {
    password: String,
    hash: String,
}

impl Credentials {
    /// New ones. Hashing takes its time, so it is done before the transaction that makes the deployment.
    pub async fn make() -> Result<Self> {
        let password = random()?;
        let hash = password::hash(&password).await?;
        Ok(Self { password, hash })
    }

    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// The password for the row, until it is shown.
    pub(super) fn seal(&self, sealer: &Sealer, id: DeploymentId) -> Result<String> {
        sealer.seal(&purpose(id), self.password.as_bytes())
    }
}

/// The password that was sealed for a deployment.
pub(super) fn open(sealer: &Sealer, id: DeploymentId, sealed: &str) -> Result<String> {
    let bytes = sealer.open(&purpose(id), sealed);
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        Error::internal(anyhow::anyhow!(
            "the sealed password of {id} cannot be opened: its sealing key is missing"
        ))
    })
}

fn purpose(id: DeploymentId) -> String {
    format!("first password of {id}")
}

fn random() -> Result<String> {
    let mut bytes = [0; GROUPS * GROUP];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal(anyhow::anyhow!("no randomness: {e}")))?;
    let groups: Vec<String> = bytes
        .chunks(GROUP)
        .map(|group| group.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
        .collect();
    Ok(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SealingKey;

    #[test]
    fn a_password_is_long_and_never_the_same() -> Result<()> {
        let (a, b) = (random()?, random()?);
        assert_ne!(a, b);
        assert_eq!(a.len(), 23);
        assert!(password::wrong(&a).is_none());
        Ok(())
    }

    #[test]
    fn a_sealed_password_opens_for_its_deployment_only() -> Result<()> {
        let sealer = Sealer::new(vec![SealingKey::new("k", &[7; 32])?]);
        let credentials = Credentials {
            password: "open sesame".into(),
            hash: String::new(),
        };
        let (id, other) = (DeploymentId::new(), DeploymentId::new());
        let sealed = credentials.seal(&sealer, id)?;
        assert!(!sealed.contains("sesame"));
        assert_eq!(open(&sealer, id, &sealed)?, "open sesame");
        assert!(open(&sealer, other, &sealed).is_err());
        Ok(())
    }
}
