//! Signing and sealing keys: files in one folder, made when there are none, shared by all server processes.
//!
//! `sign-<id>.der` is an Ed25519 key in PKCS #8, `seal-<id>.key` has 32 random bytes. The greatest id of each kind is used for new tokens and seals; all are
//! accepted. To rotate, add a file with a greater id; remove the old signing key when nothing that it signed is good any more (7 days). The sealing keys stay: the audit
//! trail is stamped with the oldest, and a server that does not have it writes nothing into the trail. They belong into the backup together with the database.

use crate::{
    private_file,
    store::{Sealer, SealingKey},
};
use anyhow::{Context, bail};
use aws_lc_rs::{
    rand,
    signature::{Ed25519KeyPair, KeyPair},
};
use std::{
    fs::{self, File},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A key to sign access tokens with.
pub struct SigningKey {
    /// Its id, which tokens carry as `kid`.
    pub id: String,
    /// The private key in PKCS #8.
    pub pkcs8: Vec<u8>,
    /// The public key.
    pub public: Vec<u8>,
}

/// All keys, the newest of each kind first.
pub struct Keys {
    /// For access tokens.
    pub signing: Vec<SigningKey>,
    /// For page tokens, refresh tokens and secrets at rest.
    pub sealer: Sealer,
}

/// Reads the keys of a folder, and makes those that are missing.
pub fn load(folder: &Path) -> anyhow::Result<Keys> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder for keys {}", folder.display()))?;
    // Of several servers that start at once, one makes the keys.
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.join("lock"))?;
    lock.lock().context("cannot lock the folder for keys")?;
    let mut signing = Vec::new();
    for (id, pkcs8) in read(folder, "sign-", ".der", || {
        Ok(Ed25519KeyPair::generate_pkcs8v1(&rand::SystemRandom::new())
            .context("cannot make a signing key")?
            .as_ref()
            .to_vec())
    })? {
        let pair =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).with_context(|| format!("sign-{id}.der is no Ed25519 key in PKCS #8"))?;
        let public = pair.public_key().as_ref().to_vec();
        signing.push(SigningKey { id, pkcs8, public });
    }
    let mut sealing = Vec::new();
    for (id, bytes) in read(folder, "seal-", ".key", || {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).context("cannot make a sealing key")?;
        Ok(bytes.to_vec())
    })? {
        sealing.push(SealingKey::new(&id, &bytes).map_err(|_| anyhow::anyhow!("seal-{id}.key must have 32 bytes"))?);
    }
    Ok(Keys {
        signing,
        sealer: Sealer::new(sealing),
    })
}

/// Whether a folder holds what the audit trail is checked with. [`load`] would make a new key, with which nothing was ever written.
pub fn can_check(folder: &Path) -> bool {
    list(folder, "seal-", ".key").is_ok_and(|found| !found.is_empty())
}

/// The files of one kind as (id, content), the greatest id first; one is made if there is none.
fn read(
    folder: &Path,
    prefix: &str,
    suffix: &str,
    make: impl FnOnce() -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut found = list(folder, prefix, suffix)?;
    if found.is_empty() {
        let id = format!("{}", uuid::Uuid::now_v7().simple());
        private_file::write(&folder.join(format!("{prefix}{id}{suffix}")), &make()?)?;
        found = list(folder, prefix, suffix)?;
    }
    found.sort_by(|a, b| b.0.cmp(&a.0));
    found
        .into_iter()
        .map(|(id, path)| Ok((id, fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?)))
        .collect()
}

fn list(folder: &Path, prefix: &str, suffix: &str) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
            continue;
        };
        let Some(id) = name.strip_prefix(prefix).and_then(|n| n.strip_suffix(suffix)) else {
            continue;
        };
        if id.is_empty() || id.contains('.') {
            bail!("the key file {name} needs an id without dots");
        }
        found.push((id.to_owned(), path.clone()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_are_made_once_and_kept_private() -> anyhow::Result<()> {
        let folder = std::env::temp_dir().join(format!("tenantry-keys-{}", uuid::Uuid::now_v7()));
        let first = load(&folder)?;
        let again = load(&folder)?;
        assert_eq!(first.signing[0].id, again.signing[0].id);
        let sealed = first.sealer.seal("p", b"x")?;
        assert_eq!(again.sealer.open("p", &sealed).as_deref(), Some(&b"x"[..]));
        for entry in fs::read_dir(&folder)? {
            assert_eq!(entry?.metadata()?.permissions().mode() & 0o777, 0o600);
        }
        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
