//! Checking a password against its hash, in memory that is used again.

use anyhow::{Context, anyhow, bail};
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Checking a password of this length is as cheap as of any other; longer ones are nobody's.
const LONGEST: usize = 1024;

/// Reads an argon2id PHC string: `$argon2id$v=19$...`, with salt and hash.
pub(super) fn parse(text: &str) -> Option<(PasswordHash, Params)> {
    let hash = PasswordHash::new(text).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let known = hash.algorithm == Algorithm::Argon2id.ident() && hash.version == Some(Version::V0x13.into());
    (known && hash.salt.is_some() && hash.hash.is_some()).then_some((hash, params))
}

/// Checks passwords one after another. Argon2 wants some 20 MB at a time: taking them anew for each sign-in would
/// scatter them over the heap until the instance reaches its limit.
#[derive(Default)]
pub(super) struct Checker {
    memory: Vec<Block>,
}

impl Checker {
    /// Whether this is the password. The time it takes does not depend on it.
    pub(super) fn matches(&mut self, password: &str, hash: &str) -> anyhow::Result<bool> {
        // Never with the text: a hash does not belong in a log.
        let (hash, params) = parse(hash).context("The stored password hash is damaged")?;
        let (Some(salt), Some(wanted)) = (hash.salt, hash.hash) else {
            bail!("The stored password hash has no salt or no hash");
        };
        let missing = params.block_count().saturating_sub(self.memory.len());
        self.memory
            .try_reserve_exact(missing)
            .context("There is no memory for checking a password")?;
        self.memory.resize(params.block_count(), Block::default());
        let mut found = vec![0; wanted.len()];
        let fits = password.len() <= LONGEST;
        let password = if fits { password } else { "" };
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.as_bytes(), &salt, &mut found, &mut self.memory)
            .map_err(|error| anyhow!("The password cannot be checked: {error}"))?;
        // Compares in constant time.
        Ok(fits && Output::new(&found).is_ok_and(|found| found == wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::PasswordHasher;

    fn hash(password: &str, memory: u32) -> String {
        let params = Params::new(memory, 2, 1, None).unwrap();
        Argon2::from(params).hash_password(password.as_bytes()).unwrap().to_string()
    }

    #[test]
    fn the_right_password_matches_and_no_other() {
        let mut checker = Checker::default();
        for memory in [64, 8, 256] {
            let hash = hash("Gr\u{fc}n", memory);
            assert!(checker.matches("Gr\u{fc}n", &hash).unwrap());
            for wrong in ["", "gr\u{fc}n", "Gr\u{fc}n ", "Gru\u{308}n"] {
                assert!(!checker.matches(wrong, &hash).unwrap());
            }
        }
    }

    #[test]
    fn the_longest_password_is_no_longer() {
        let mut checker = Checker::default();
        let (long, longer) = ("x".repeat(LONGEST), "x".repeat(LONGEST + 1));
        assert!(checker.matches(&long, &hash(&long, 8)).unwrap());
        assert!(!checker.matches(&longer, &hash(&longer, 8)).unwrap());
        assert!(!checker.matches(&longer, &hash("", 8)).unwrap());
    }

    #[test]
    fn a_damaged_hash_is_an_error_without_the_hash() {
        let error = Checker::default()
            .matches("x", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ")
            .unwrap_err();
        assert!(!format!("{error:#}").contains("c29t"));
    }
}
