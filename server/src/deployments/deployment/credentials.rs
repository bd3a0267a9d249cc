//! The first credentials of an instance: made once, shown once.

use super::{
    entity::{Entity, Model},
    may::Verb,
    wish::{Target, open as open_row},
};
use crate::{
    cx::Cx,
    error::{Error, Result},
    id::DeploymentId,
    identity::password,
    store::{Answer, Change, Sealer, Subject, Tenant},
};
use serde::{Deserialize, Serialize};

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

/// The first credentials of an instance. The password is not among what is kept of an answer.
#[derive(Serialize, Deserialize)]
pub struct Revealed {
    /// The deployment.
    pub row: Model,
    /// The password.
    #[serde(skip)]
    pub password: String,
}

impl Answer for Revealed {
    fn subject(&self) -> Subject {
        Subject::of::<Entity>(&self.row)
    }
}

/// Shows the first credentials of an instance, once: of two calls at the same time one finds them gone.
pub async fn reveal(cx: &Cx<Tenant>, id: DeploymentId) -> Result<Revealed> {
    let target = Target { id, etag: String::new() };
    cx.change(Change::new("deployment.reveal_credentials"), async |tx| {
        let (_, row) = open_row(tx, &target, Verb::Reveal).await?;
        let sealed = row.sealed_password.as_deref().ok_or_else(|| {
            let message = "The first credentials were shown before. They are not stored any more.";
            Error::precondition("CREDENTIALS_SHOWN", "deployment", message)
        })?;
        let password = open(tx.db().sealer(), id, sealed)?;
        let now = cx.business_now();
        let row = tx
            .update(&row, |row| {
                row.sealed_password = None;
                row.updated_at = now;
            })
            .await?;
        Ok(Revealed { row, password })
    })
    .await
}

/// The password that was sealed for a deployment.
fn open(sealer: &Sealer, id: DeploymentId, sealed: &str) -> Result<String> {
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
