//! The sign-ins of the demo, in `demo-logins.json`, and how far it was filled.

use crate::{clock::Time, identity::session::entity::Portal, private_file, serve::Running};
use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::{
    fs, iter,
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
    /// When the demo that was begun in a data folder begins on the business clock, if it was not filled to the end.
    pub fn unfinished(folder: &Path) -> anyhow::Result<Option<Time>> {
        let Ok(progress) = fs::read(progress_file(folder)) else {
            return Ok(None);
        };
        let progress: Progress = serde_json::from_slice(&progress)?;
        Ok((!progress.filled).then_some(progress.begins))
    }

    /// The demo of a server: the one that was begun on it, or a new one where there is no admin yet. `None` where there is data that is no demo.
    pub fn of(running: &Running) -> anyhow::Result<Option<Self>> {
        let (folder, url) = (running.app.settings.data_dir.clone(), &running.app.public_url);
        let mut logins = match (fs::read(logins_file(&folder)), fs::read(progress_file(&folder))) {
            (Ok(all), Ok(progress)) => Self {
                all: serde_json::from_slice(&all)?,
                progress: serde_json::from_slice(&progress)?,
                folder,
            },
            _ if running.setup_token.is_some() => Self::begin(folder)?,
            _ => return Ok(None),
        };
        // The address may be another one than at the last start.
        for login in &mut logins.all {
            login.url = format!("{url}/{}/", login.portal);
        }
        logins.save()?;
        Ok(Some(logins))
    }

    fn begin(folder: PathBuf) -> anyhow::Result<Self> {
        let people = PEOPLE.iter().map(|person| (person.role.portal(), person.email));
        let all = iter::once((Portal::Master, ADMIN)).chain(people).map(|(portal, email)| {
            Ok(Login {
                portal: portal.to_string(),
                url: String::new(),
                email: email.to_owned(),
                password: password()?,
            })
        });
        // Midnight UTC, so that the days of the demo are days.
        let begins = (Utc::now() - TimeDelta::days(DAYS)).date_naive().and_time(NaiveTime::MIN).and_utc();
        Ok(Self {
            folder,
            all: all.collect::<anyhow::Result<_>>()?,
            progress: Progress { begins, filled: false },
        })
    }

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
        private_file::write(&logins_file(&self.folder), &serde_json::to_vec_pretty(&self.all)?)?;
        Ok(private_file::write(
            &progress_file(&self.folder),
            &serde_json::to_vec_pretty(&self.progress)?,
        )?)
    }
}
