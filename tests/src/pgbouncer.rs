//! A real pgbouncer in transaction mode, in front of the PostgreSQL of the tests: calls share two connections, and each transaction may get another one.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{ChildStdin, Stdio},
};

use anyhow::{Context, Result, bail};
use percent_encoding::percent_decode_str;
use url::Url;

/// A pgbouncer that ends when it is dropped, and when this process ends, however it ends.
pub struct PgBouncer {
    /// The database behind it, for the role as which servers work. sqlx names no statement: those are of one connection.
    pub url: String,
    _alive: ChildStdin,
}

impl PgBouncer {
    /// In front of a database.
    pub fn start(database_url: &str) -> Result<Self> {
        let mut url = Url::parse(database_url)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = crate::postgres::shell();
        let mut child = command
            .args(["-c", include_str!("pgbouncer.sh"), "pgbouncer.sh"])
            .args([port.to_string(), url.port().unwrap_or(5432).to_string()])
            .arg(percent_decode_str(url.username()).decode_utf8()?.as_ref())
            .arg(percent_decode_str(url.password().unwrap_or_default()).decode_utf8()?.as_ref())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("starting pgbouncer")?;
        let (Some(alive), Some(stdout), Some(mut stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
            bail!("pgbouncer has no pipes");
        };
        let mut says = String::new();
        BufReader::new(stdout).read_line(&mut says)?;
        if says.is_empty() {
            stderr.read_to_string(&mut says)?;
            bail!("pgbouncer did not start: {says}");
        }
        let behind = "the URL of a server has a place for a port";
        url.set_port(Some(port)).ok().context(behind)?;
        url.set_query(Some("statement-cache-capacity=0"));
        Ok(Self {
            url: url.into(),
            _alive: alive,
        })
    }
}
