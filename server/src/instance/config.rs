//! The settings: environment variables, all of them required, each checked.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::colour::Colour;
use super::password;
use crate::convert::is_email;

/// The settings of an instance. No `Debug`: it holds a password hash.
pub(super) struct Config {
    /// `TENANTRY_INSTANCE_LISTEN`: address and port.
    pub listen: SocketAddr,
    /// `TENANTRY_INSTANCE_DATA`: the folder of the database.
    pub data: PathBuf,
    /// `TENANTRY_INSTANCE_NAME`: what the ISP calls itself.
    pub name: String,
    /// `TENANTRY_INSTANCE_PRIMARY_COLOR`: its colour, as #rrggbb.
    pub primary: Colour,
    /// `TENANTRY_INSTANCE_SLUG`: its name in addresses.
    pub slug: String,
    /// `TENANTRY_INSTANCE_ADMIN_EMAIL`: who signs in first.
    pub admin_email: String,
    /// `TENANTRY_INSTANCE_ADMIN_PASSWORD_HASH`: an argon2id PHC string.
    pub admin_password_hash: String,
    /// `TENANTRY_INSTANCE_VERSION`: shown at the foot of each page.
    pub version: String,
    /// `TENANTRY_INSTANCE_MAX_SUBSCRIBERS`: what the plan covers; 0 is unlimited.
    pub max_subscribers: u32,
}

impl Config {
    /// Reads all settings, or says what is wrong with each wrong one. A value is never repeated: it may be secret.
    pub(super) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Vec<String>> {
        let mut reader = Reader {
            variable,
            problems: Vec::new(),
        };
        let listen = reader.read("LISTEN", "an address with a port, such as 127.0.0.1:20000", |text| {
            text.parse().ok()
        });
        let data = reader.read("DATA", "a folder", |text| Some(PathBuf::from(text)));
        let name = reader.read("NAME", "a name of 1 to 100 characters", |text| line(text, 100));
        let primary = reader.read("PRIMARY_COLOR", "a colour such as #1d4ed8", Colour::parse);
        let slug = reader.read("SLUG", "3 to 63 lowercase letters, digits and inner hyphens", slug);
        let admin_email = reader.read("ADMIN_EMAIL", "an email address", email);
        let admin_password_hash = reader.read("ADMIN_PASSWORD_HASH", "an argon2id hash ($argon2id$...)", argon2id);
        let version = reader.read("VERSION", "a version of 1 to 50 characters", |text| line(text, 50));
        let max_subscribers = reader.read("MAX_SUBSCRIBERS", "a whole number; 0 is unlimited", |text| text.parse().ok());
        let config = (|| {
            Some(Self {
                listen: listen?,
                data: data?,
                name: name?,
                primary: primary?,
                slug: slug?,
                admin_email: admin_email?,
                admin_password_hash: admin_password_hash?,
                version: version?,
                max_subscribers: max_subscribers?,
            })
        })();
        config.ok_or(reader.problems)
    }
}

struct Reader<F> {
    variable: F,
    problems: Vec<String>,
}

impl<F: Fn(&str) -> Option<OsString>> Reader<F> {
    fn read<T>(&mut self, name: &str, accepted: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let name = format!("TENANTRY_INSTANCE_{name}");
        let Some(text) = (self.variable)(&name).filter(|text| !text.is_empty()) else {
            self.problems.push(format!("{name} is missing. It takes {accepted}."));
            return None;
        };
        let value = text.to_str().and_then(parse);
        if value.is_none() {
            self.problems.push(format!("{name} has a wrong value. It takes {accepted}."));
        }
        value
    }
}

/// One line of text without blanks around it.
pub(super) fn line(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= longest && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// An email address, as the server takes it from the ISP.
pub(super) fn email(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() <= 254 && is_email(text)).then(|| text.to_owned())
}

fn slug(text: &str) -> Option<String> {
    let known = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let fits = (3..=63).contains(&text.len()) && known && !text.starts_with('-') && !text.ends_with('-');
    fits.then(|| text.to_owned())
}

fn argon2id(text: &str) -> Option<String> {
    password::parse(text).map(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$WVZsR6yHcJiYuo2bdgBXBz1cVMEpqhLS3eAL5CUhxAo";

    fn read(change: (&str, &str)) -> Result<Config, Vec<String>> {
        Config::read(|name| {
            let name = name.strip_prefix("TENANTRY_INSTANCE_").unwrap();
            let value = match name {
                _ if name == change.0 => change.1,
                "LISTEN" => "127.0.0.1:20000",
                "DATA" => "/tmp/isp",
                "NAME" => "Harbour Net",
                "PRIMARY_COLOR" => "#0A6cff",
                "SLUG" => "harbour-net",
                "ADMIN_EMAIL" => "admin@harbour.example",
                "ADMIN_PASSWORD_HASH" => HASH,
                "VERSION" => "1.0.0",
                "MAX_SUBSCRIBERS" => "0",
                _ => return None,
            };
            (!value.is_empty()).then(|| value.into())
        })
    }

    #[test]
    fn a_whole_environment_is_read() {
        let config = read(("NAME", " Harbour Net ")).ok().unwrap();
        assert_eq!(config.name, "Harbour Net");
        assert_eq!(config.max_subscribers, 0);
    }

    #[test]
    fn a_wrong_value_names_its_variable_and_is_not_repeated() {
        for (name, value) in [
            ("LISTEN", "elsewhere"),
            ("NAME", "two\nlines"),
            ("PRIMARY_COLOR", "blue"),
            ("SLUG", "-x-"),
            ("ADMIN_EMAIL", "nobody"),
            ("ADMIN_PASSWORD_HASH", "hunter2"),
            (
                "ADMIN_PASSWORD_HASH",
                "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$WVZsR6yHcJiYuo2bdgBXBz1cVMEpqhLS3eAL5CUhxAo",
            ),
            ("MAX_SUBSCRIBERS", "-1"),
            ("VERSION", ""),
        ] {
            let problems = read((name, value)).err().unwrap();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].starts_with(&format!("TENANTRY_INSTANCE_{name} ")), "{problems:?}");
            assert!(value.is_empty() || !problems[0].contains(value), "{problems:?}");
        }
    }

    #[test]
    fn everything_missing_is_named_at_once() {
        assert_eq!(Config::read(|_| None).err().unwrap().len(), 9);
    }

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in [
            "a@b.example",
            "first.last+tag@sub.domain.example",
            "o'neil@b.example",
            "ä@b.example",
        ] {
            assert!(email(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@",
            "@b.example",
            "a@b",
            "a b@c.example",
            "a@b..example",
            "a@-b.example",
            "<a@b.example>",
            "a@b.example\n.c",
            "a@b@c.example",
        ] {
            assert!(email(bad).is_none(), "{bad}");
        }
    }
}
