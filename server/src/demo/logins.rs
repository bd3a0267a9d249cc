//! The sign-ins of the demo, in `demo-logins.json`, and how far it was filled.

use crate::{clock::Time, config::Settings, identity::session::entity::Portal};
use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::cast::{DAYS, PEOPLE};

/// The vendor's first admin.
pub const ADMIN: &str = "admin@tenantry.example";

/// One sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// `master`, `tenant` or `reseller`.
    pub portal: String,
    /// Where to sign in.
    pub url: String,
    /// The login.
    pub email: String,
    /// A random password.
    pub password: String,
}

/// What is needed to go on with a demo that was broken off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// When the demo begins, on the business clock.
    pub begins: Time,
    /// Whether it was filled to the end.
    pub filled: bool,
}

/// The sign-ins and the state of a demo.
#[derive(Clone, Debug)]
pub struct Logins {
    folder: PathBuf,
    /// Everybody who can sign in.
    pub all: Vec<Login>,
    /// How far it is.
    pub progress: Progress,
}

/// Reads the demo of a data folder, or begins one in an empty folder. `None` for a folder with data that is no demo: that is left alone.
pub fn prepare(settings: &Settings) -> anyhow::Result<Option<Logins>> {
    let folder = settings.data_dir.clone();
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    if let (Ok(all), Ok(progress)) = (fs::read(logins_file(&folder)), fs::read(progress_file(&folder))) {
        return Ok(Some(Logins {
            all: serde_json::from_slice(&all)?,
            progress: serde_json::from_slice(&progress)?,
            folder,
        }));
    }
    if folder.join("tenantry.db").exists() || !settings.database_url.is_empty() {
        return Ok(None);
    }
    let url = settings.public_url(settings.listen);
    let login = |portal: Portal, email: &str| -> anyhow::Result<Login> {
        Ok(Login {
            portal: portal.to_string(),
            url: format!("{url}/{portal}/"),
            email: email.to_owned(),
            password: password()?,
        })
    };
    let mut all = vec![login(Portal::Master, ADMIN)?];
    for person in &PEOPLE {
        all.push(login(person.role.portal(), person.email)?);
    }
    // Midnight UTC, so that the days of the demo are days.
    let begins = (Utc::now() - TimeDelta::days(DAYS))
        .date_naive()
        .and_time(chrono::NaiveTime::MIN)
        .and_utc();
    let logins = Logins {
        folder,
        all,
        progress: Progress { begins, filled: false },
    };
    logins.save()?;
    Ok(Some(logins))
}

fn logins_file(folder: &Path) -> PathBuf {
    folder.join("demo-logins.json")
}

fn progress_file(folder: &Path) -> PathBuf {
    folder.join("demo-progress.json")
}

fn password() -> anyhow::Result<String> {
    let mut bytes = [0; 15];
    aws_lc_rs::rand::fill(&mut bytes).context("no randomness")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

impl Logins {
    /// The password of a login.
    pub fn password(&self, email: &str) -> anyhow::Result<String> {
        let login = self.all.iter().find(|l| l.email == email);
        Ok(login
            .with_context(|| format!("{email} has no sign-in in demo-logins.json"))?
            .password
            .clone())
    }

    /// Notes that the demo is complete.
    pub fn finish(&mut self) -> anyhow::Result<()> {
        self.progress.filled = true;
        self.save()
    }

    /// Where the sign-ins are written.
    pub fn file(&self) -> PathBuf {
        logins_file(&self.folder)
    }

    fn save(&self) -> anyhow::Result<()> {
        write(&logins_file(&self.folder), &serde_json::to_vec_pretty(&self.all)?)?;
        write(&progress_file(&self.folder), &serde_json::to_vec_pretty(&self.progress)?)
    }
}

/// Writes a file that only its owner can read, whole or not at all.
fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let draft = path.with_extension("new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    Ok(())
}
