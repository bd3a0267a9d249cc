//! Kept results: what a step made, and a hash of everything that it made it from.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// A hash over the parts of an input.
#[derive(Default)]
pub struct Key(Sha256);

impl Key {
    /// Adds a part; its length goes in too, so that parts cannot run into each other.
    pub fn add(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    /// The hash as hexadecimal text.
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The name of a file with a hash of its content in it: `app.js` becomes `app-1f0c....js`.
pub fn hashed_name(name: &str, content: &[u8]) -> String {
    let hash = Key::default().add(content).finish();
    let short: String = hash.chars().take(16).collect();
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}-{short}.{ending}"),
        None => format!("{name}-{short}"),
    }
}

/// Answers the bytes in `folder` if they were made from the same key, or else makes and keeps them.
pub fn kept(folder: &Path, name: &str, key: Key, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let data = folder.join(name);
    once(folder, name, key, || Ok(fs::write(&data, make()?)?))?;
    fs::read(&data).with_context(|| data.display().to_string())
}

/// Runs `make`, which writes its results into `folder`, unless it ran to its end with the same key before.
pub fn once(folder: &Path, name: &str, key: Key, make: impl FnOnce() -> Result<()>) -> Result<()> {
    let (key, made_from) = (key.finish(), folder.join(format!("{name}.key")));
    if fs::read_to_string(&made_from).is_ok_and(|before| before == key) {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    // The key goes first and comes back last: a run that was cut short leaves no result that looks whole.
    let _ = fs::remove_file(&made_from);
    make()?;
    Ok(fs::write(&made_from, key)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_holds_the_hash_of_the_content() {
        let name = hashed_name("app.js", b"one");
        assert!(
            name.starts_with("app-") && name.ends_with(".js") && name.len() == "app-.js".len() + 16,
            "{name}"
        );
        assert_ne!(name, hashed_name("app.js", b"two"));
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(
            Key::default().add("ab").add("c").finish(),
            Key::default().add("a").add("bc").finish()
        );
    }

    #[test]
    fn a_result_is_made_once_for_the_same_key() {
        let folder = std::env::temp_dir().join(format!("portal-xtask-slot-{}", std::process::id()));
        let make = |bytes: &'static [u8]| move || Ok(bytes.to_vec());
        assert_eq!(kept(&folder, "r", Key::default().add("1"), make(b"first")).unwrap(), b"first");
        assert_eq!(kept(&folder, "r", Key::default().add("1"), make(b"second")).unwrap(), b"first");
        assert_eq!(kept(&folder, "r", Key::default().add("2"), make(b"third")).unwrap(), b"third");
        fs::remove_dir_all(folder).unwrap();
    }
}
