//! One server on one data folder, and the name of this machine among those that run instances.

use crate::config::Settings;
use anyhow::{Context, bail};
use std::{
    fs::{self, File, TryLockError},
    io::{Read, Seek, Write},
    path::PathBuf,
};

/// Held as long as the server lives.
pub(super) struct Lock {
    _file: File,
}

/// The file that is locked; it holds the process id of the server.
pub fn path(settings: &Settings) -> PathBuf {
    settings.data_dir.join("server.lock")
}

/// Takes the lock of the data folder. A second server is told who has it.
pub(super) fn take(settings: &Settings) -> anyhow::Result<Lock> {
    let path = path(settings);
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())?;
            file.flush()?;
            Ok(Lock { _file: file })
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder)?;
            bail!(
                "the data folder {} is in use by the server with process id {holder}. Stop it with `tenantry stop`, or choose another folder with --data-dir. \
                 Several servers on one database need PostgreSQL (the setting database_url) and a data folder each",
                settings.data_dir.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

/// The name of this machine, made once: instances that run here are looked after by nobody else.
pub(super) fn node(settings: &Settings) -> anyhow::Result<String> {
    let path = settings.data_dir.join("node-id");
    if let Ok(name) = fs::read_to_string(&path) {
        return Ok(name.trim().to_owned());
    }
    let name = format!("node-{}", uuid::Uuid::now_v7().simple());
    fs::write(&path, &name).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(name)
}
