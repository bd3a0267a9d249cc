//! Texts that a person reviews: checked in beside the tests, and compared with what is.

use std::{env, fs, path::Path};

use anyhow::{Context, Result, bail};

/// Compares with `all/snapshots/{name}`. With `UPDATE_SNAPSHOTS=1` the file is written instead; look at what changed before it is committed.
pub fn snapshot(name: &str, text: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("all/snapshots").join(name);
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(path.parent().context("a folder")?)?;
        return Ok(fs::write(&path, text)?);
    }
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    if reviewed == text {
        return Ok(());
    }
    let (before, now): (Vec<_>, Vec<_>) = (reviewed.lines().collect(), text.lines().collect());
    let gone = before.iter().filter(|line| !now.contains(line)).map(|line| format!("- {line}\n"));
    let new = now.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}\n"));
    let changes: String = gone.chain(new).collect();
    bail!(
        "{name} is not what was reviewed:\n{changes}If it is right, run the test with UPDATE_SNAPSHOTS=1 and commit {}.",
        path.display()
    )
}
