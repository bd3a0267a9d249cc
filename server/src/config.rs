//! The settings of the server: commented defaults compiled in, a file, the environment, flags, in that order.

use crate::store::{Postgres, Setup};
use anyhow::{Context, anyhow, bail};
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::{
    env,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

/// The defaults, with what each means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Environment variables with our prefix that are no settings of the server.
fn is_no_setting(name: &str) -> bool {
    let of_an_instance = name.starts_with("instance_") && !name.starts_with("instance_port_");
    of_an_instance || name.starts_with("fail_") || ["config", "bin"].contains(&name)
}

/// Settings that are text: taken from the environment as it is written, whatever it looks like.
const TEXTS: [&str; 10] = [
    "public_url",
    "data_dir",
    "database_url",
    "database_owner_url",
    "keys_dir",
    "portals_dir",
    "vendor_name",
    "log",
    "bootstrap_email",
    "bootstrap_password",
];

/// Settings that no error repeats.
const SECRETS: [&str; 3] = ["database_url", "database_owner_url", "bootstrap_password"];

/// All settings; `config.default.toml` says what each means.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Settings {
    pub listen: SocketAddr,
    pub public_url: String,
    pub trusted_proxies: Vec<IpNet>,
    pub data_dir: PathBuf,
    pub calls_per_second: NonZeroU32,
    pub wrong_guesses_per_hour: u32,
    pub database_url: String,
    pub database_owner_url: String,
    pub database_connections: u32,
    keys_dir: PathBuf,
    portals_dir: PathBuf,
    pub vendor_name: String,
    pub log: String,
    pub log_format: LogFormat,
    shutdown_seconds: u64,
    pub deletion_grace_days: u32,
    pub payment_term_days: u32,
    pub instance_port_first: u16,
    pub instance_port_last: u16,
    /// The program that is shim and instance, where that is not the running one: a test's.
    #[serde(skip)]
    pub instance_program: Option<PathBuf>,
    pub bootstrap_email: String,
    #[serde(default)]
    pub bootstrap_password: String,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Settings given on the command line.
#[derive(Clone, Debug, Default, Serialize, clap::Args)]
pub struct Flags {
    /// A file with settings [default: none; `tenantry config` prints all settings with their meaning]
    #[arg(long, env = "TENANTRY_CONFIG", global = true)]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Where the server listens [default: 127.0.0.1:8080]
    #[arg(long, global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// Where the data is [default: data]
    #[arg(long, global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
}

impl Settings {
    /// Reads all sources. An error names the setting, where it came from, and what is accepted.
    pub fn load(flags: &Flags) -> anyhow::Result<Self> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = &flags.config {
            if !file.is_file() {
                bail!("the settings file {} does not exist", file.display());
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let environment = Env::prefixed("TENANTRY_").filter(|name| {
            let name = name.as_str().to_lowercase();
            !is_no_setting(&name) && !TEXTS.contains(&name.as_str())
        });
        figment = figment.merge(environment);
        for name in TEXTS {
            if let Ok(value) = env::var(format!("TENANTRY_{}", name.to_uppercase())) {
                figment = figment.merge(Serialized::default(name, value));
            }
        }
        let settings: Self = figment
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| wrong(&error))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> anyhow::Result<()> {
        let within = |name: &str, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(anyhow!("the setting {name} is {value}; it must be from {least} to {most}"))
            }
        };
        within("database_connections", self.database_connections.into(), 2, 1000)?;
        within("calls_per_second", self.calls_per_second.get().into(), 1, 1_000_000)?;
        within("wrong_guesses_per_hour", self.wrong_guesses_per_hour.into(), 1, 1_000_000)?;
        within("shutdown_seconds", self.shutdown_seconds, 1, 600)?;
        within("deletion_grace_days", self.deletion_grace_days.into(), 0, 3650)?;
        within("payment_term_days", self.payment_term_days.into(), 0, 365)?;
        within("instance_port_last", self.instance_port_last.into(), 1024, 65_535)?;
        within(
            "instance_port_first",
            self.instance_port_first.into(),
            1024,
            self.instance_port_last.into(),
        )?;
        for (name, url) in [
            ("database_url", &self.database_url),
            ("database_owner_url", &self.database_owner_url),
        ] {
            if !(url.is_empty() || url.starts_with("postgres://") || url.starts_with("postgresql://")) {
                bail!("the setting {name} must be empty, for SQLite, or begin with \"postgres://\"");
            }
        }
        if self.database_url.is_empty() && !self.database_owner_url.is_empty() {
            bail!("the setting database_owner_url needs database_url beside it: the same database for a role of the server's own");
        }
        if !self.public_url.is_empty() {
            let url: http::Uri = self
                .public_url
                .parse()
                .with_context(|| format!("the setting public_url is {:?}, which is no URL", self.public_url))?;
            if !matches!(url.scheme_str(), Some("http" | "https")) {
                bail!("the setting public_url must begin with \"http://\" or \"https://\"");
            }
        }
        if let Err(error) = self.log.parse::<tracing_subscriber::EnvFilter>() {
            bail!(
                "the setting log is {:?}: {error}; write error, warn, info, debug or trace",
                self.log
            );
        }
        if self.bootstrap_email.is_empty() != self.bootstrap_password.is_empty() {
            bail!("the settings bootstrap_email and bootstrap_password go together: give both or neither");
        }
        Ok(())
    }

    /// Where the database is.
    pub fn database(&self) -> Setup {
        if self.database_url.is_empty() {
            return Setup::Sqlite(self.data_dir.join("tenantry.db"));
        }
        Setup::Postgres(Postgres {
            url: self.database_url.clone(),
            owner_url: Some(self.database_owner_url.clone()).filter(|url| !url.is_empty()),
            connections: self.database_connections,
        })
    }

    /// The folder with the keys.
    pub fn keys_dir(&self) -> PathBuf {
        if self.keys_dir.as_os_str().is_empty() {
            self.data_dir.join("keys")
        } else {
            self.keys_dir.clone()
        }
    }

    /// The folder with the built portals, if they are not those inside the program.
    pub fn portals_dir(&self) -> Option<&Path> {
        (!self.portals_dir.as_os_str().is_empty()).then_some(self.portals_dir.as_path())
    }

    /// How long running calls get to finish when the server stops.
    pub fn shutdown_deadline(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds)
    }

    /// How browsers reach the server, without a slash at the end.
    pub fn public_url(&self, listening: SocketAddr) -> String {
        if self.public_url.is_empty() {
            format!("http://{listening}")
        } else {
            self.public_url.trim_end_matches('/').to_owned()
        }
    }
}

/// What is wrong, without what it was: that may be a secret.
fn wrong(error: &figment::Error) -> anyhow::Error {
    if let Some(name) = error.path.iter().find(|name| SECRETS.contains(&name.as_str())) {
        return anyhow!("the setting {name} must be text in quotes");
    }
    // A file that cannot be read is quoted with a bar before each line.
    let text = error.to_string();
    let lines: Vec<_> = text.lines().filter(|line| !line.contains('|')).collect();
    let accepted = match error.path.first().map(String::as_str) {
        Some("listen") => "; write an address and a port, for example \"127.0.0.1:8080\"",
        Some("trusted_proxies") => "; write a list of networks, for example [\"10.0.0.0/8\"]",
        Some("instance_port_first" | "instance_port_last") => "; write a port from 1024 to 65535",
        Some(
            "calls_per_second"
            | "wrong_guesses_per_hour"
            | "database_connections"
            | "shutdown_seconds"
            | "deletion_grace_days"
            | "payment_term_days",
        ) => "; write a whole number",
        _ => "",
    };
    anyhow!("a setting is wrong: {}{accepted}", lines.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_settings() {
        let settings = Settings::load(&Flags::default()).expect("the compiled-in defaults");
        assert_eq!(settings.listen.port(), 8080);
        assert!(matches!(settings.database(), Setup::Sqlite(_)));
    }

    #[test]
    fn a_wrong_setting_names_itself() {
        let flags = Flags {
            listen: Some("here".into()),
            ..Flags::default()
        };
        let error = Settings::load(&flags).err().expect("\"here\" is no address").to_string();
        assert!(error.contains("listen"), "{error}");
    }

    #[test]
    fn proxies_are_networks() -> anyhow::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let flags = Flags {
            config: Some(file.path().to_owned()),
            ..Flags::default()
        };
        std::fs::write(file.path(), "trusted_proxies = [\"10.0.0.0/8\", \"::1/128\"]")?;
        assert_eq!(Settings::load(&flags)?.trusted_proxies.len(), 2);
        std::fs::write(file.path(), "trusted_proxies = [\"the proxy\"]")?;
        let error = Settings::load(&flags).err().expect("no network").to_string();
        assert!(error.contains("trusted_proxies") && error.contains("10.0.0.0/8"), "{error}");
        Ok(())
    }

    #[test]
    fn no_error_repeats_a_secret() -> anyhow::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let flags = Flags {
            config: Some(file.path().to_owned()),
            ..Flags::default()
        };
        for (text, told) in [
            ("bootstrap_password = 1234567890123", "bootstrap_password"),
            ("database_url = [\"postgres://me:1234567890123@db/t\"]", "database_url"),
            ("bootstrap_password = \"1234567890123", "line 1"),
        ] {
            std::fs::write(file.path(), text)?;
            let error = Settings::load(&flags).err().expect(text).to_string();
            assert!(error.contains(told) && !error.contains("1234567890123"), "{error}");
        }
        Ok(())
    }
}
