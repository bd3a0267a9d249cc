//! A real PostgreSQL for the tests: the server of `TEST_DATABASE_URL`, or a private one that lives as long as the
//! test process.
//!
//! ```no_run
//! # async fn migrate(_: &tenantry::store::Setup) -> anyhow::Result<()> { Ok(()) }
//! # async fn example() -> anyhow::Result<()> {
//! let postgres = tenantry_tests::postgres::shared().await?;
//! let database = postgres.database(async |setup| migrate(setup).await).await?;
//! // `database.url` is as what a server works, `database.owner_url` may do everything.
//! # Ok(()) }
//! ```

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tenantry::store;
use tokio::sync::OnceCell;

/// Databases and roles on a server that somebody else runs are named so, and removed by a later run after this many seconds.
const PREFIX: &str = "tenantry_test_";
const LEFTOVER_SECONDS: u64 = 3600;

/// A PostgreSQL server that all tests of this process share.
#[derive(Debug)]
pub struct Postgres {
    superuser: PgConnectOptions,
    /// The role as which servers work, and its password.
    role: String,
    template: OnceCell<String>,
    /// The private server stops when this end of the pipe is closed: by the kernel, when the process is gone.
    _alive: Option<ChildStdin>,
}

/// The server of this process; the first call starts it.
pub async fn shared() -> Result<&'static Postgres> {
    static SHARED: OnceCell<Postgres> = OnceCell::const_new();
    SHARED.get_or_try_init(Postgres::start).await
}

impl Postgres {
    async fn start() -> Result<Self> {
        let (superuser, alive) = match std::env::var("TEST_DATABASE_URL") {
            Ok(url) => (PgConnectOptions::from_str(&url).context("TEST_DATABASE_URL")?, None),
            Err(_) => {
                let (superuser, alive) = start_private()?;
                (superuser, Some(alive))
            }
        };
        let postgres = Self {
            superuser,
            role: name()?,
            template: OnceCell::new(),
            _alive: alive,
        };
        if postgres._alive.is_none() {
            postgres.remove_leftovers().await?;
        }
        Ok(postgres)
    }

    /// A fresh database. `migrate` runs once in the process, on the template of all.
    pub async fn database(&self, migrate: impl AsyncFnOnce(&store::Setup) -> Result<()>) -> Result<store::Postgres> {
        let template = self
            .template
            .get_or_try_init(async || {
                let name = self.create("template0").await?;
                let setup = store::Setup::Postgres(self.of(&name));
                migrate(&setup).await.context("migrating the template database")?;
                anyhow::Ok(name)
            })
            .await?;
        Ok(self.of(&self.create(template).await?))
    }

    fn of(&self, database: &str) -> store::Postgres {
        let owner = self.superuser.clone().database(database);
        let server = owner.clone().username(&self.role).password(&self.role);
        store::Postgres {
            url: server.to_url_lossy().to_string(),
            owner_url: Some(owner.to_url_lossy().to_string()),
            connections: 10,
        }
    }

    async fn create(&self, template: &str) -> Result<String> {
        let name = name()?;
        let mut connection = self.connect().await?;
        let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(name)
    }

    /// Removes what earlier runs left on a server that is not ours to throw away.
    async fn remove_leftovers(&self) -> Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut connection = self.connect().await?;
        for (list, remove) in [
            (
                "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
                "DROP DATABASE IF EXISTS {} WITH (FORCE)",
            ),
            (
                "SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)",
                "DROP ROLE IF EXISTS {}",
            ),
        ] {
            let names: Vec<String> = sqlx::query_scalar(list).bind(PREFIX).fetch_all(&mut connection).await?;
            for name in names {
                let made = name[PREFIX.len()..]
                    .split('_')
                    .next()
                    .and_then(|seconds| seconds.parse::<u64>().ok());
                if made.is_some_and(|made| made + LEFTOVER_SECONDS < now) {
                    let statement = remove.replace("{}", &format!("\"{name}\""));
                    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
                }
            }
        }
        Ok(connection.close().await?)
    }

    async fn connect(&self) -> Result<PgConnection> {
        self.superuser.connect().await.context("connecting to the PostgreSQL of the tests")
    }
}

/// A name that nothing else on the server has.
fn name() -> Result<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    Ok(format!("{PREFIX}{now}_{}_{next}", std::process::id()))
}

fn start_private() -> Result<(PgConnectOptions, ChildStdin)> {
    let programs = server_programs()?;
    let mut attempt = 1;
    loop {
        // Another process may take the port between here and there.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        match start_on(&programs, port) {
            Err(_) if attempt < 3 => attempt += 1,
            result => return result,
        }
    }
}

fn start_on(programs: &Path, port: u16) -> Result<(PgConnectOptions, ChildStdin)> {
    let mut child = shell()
        .args(["-c", include_str!("postgres.sh"), "postgres.sh"])
        .arg(programs)
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting the PostgreSQL of the tests")?;
    let (Some(alive), Some(stdout), Some(mut stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        bail!("the PostgreSQL of the tests has no pipes");
    };
    let mut password = String::new();
    BufReader::new(stdout).read_line(&mut password)?;
    if password.is_empty() {
        let mut said = String::new();
        stderr.read_to_string(&mut said)?;
        child.wait()?;
        bail!("PostgreSQL did not start: {said}");
    }
    let superuser = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username("postgres")
        .password(password.trim_end())
        .database("postgres");
    Ok((superuser, alive))
}

/// A shell for what refuses to run as root; Debian's package makes the user.
pub(crate) fn shell() -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    let mut command = Command::new(if is_root { "setpriv" } else { "sh" });
    if is_root {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]);
    }
    command.current_dir("/").process_group(0);
    command
}

/// The newest installed server programs.
fn server_programs() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max()
        .map(|(_, bin)| bin)
        .context("no PostgreSQL server programs: install the Debian package `postgresql`, or set TEST_DATABASE_URL")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    async fn connect(database: &store::Postgres) -> Result<PgConnection> {
        let url = database.owner_url.as_deref().context("no owner")?;
        Ok(PgConnection::connect(url).await?)
    }

    async fn migrate(setup: &store::Setup) -> Result<()> {
        let store::Setup::Postgres(database) = setup else {
            bail!("not PostgreSQL")
        };
        let mut connection = connect(database).await?;
        sqlx::raw_sql("CREATE TABLE thing (id int PRIMARY KEY)")
            .execute(&mut connection)
            .await?;
        Ok(connection.close().await?)
    }

    #[tokio::test]
    async fn postgres_databases_share_the_schema_and_no_rows() -> Result<()> {
        let postgres = shared().await?;
        let one = postgres.database(migrate).await?;
        let two = postgres.database(migrate).await?;
        assert_ne!(one.url, two.url);
        let (mut one, mut two) = (connect(&one).await?, connect(&two).await?);
        sqlx::raw_sql("INSERT INTO thing VALUES (1)").execute(&mut one).await?;
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM thing").fetch_one(&mut two).await?;
        assert_eq!(rows, 0);
        Ok(())
    }

    /// Starts this very test in a second process, kills that one, and looks for what it leaves.
    #[tokio::test]
    async fn postgres_ends_with_a_killed_test_process() -> Result<()> {
        const HELD: &str = "TENANTRY_TEST_HOLD";
        if std::env::var_os(HELD).is_some() {
            let postgres = Postgres::start().await?;
            let mut connection = postgres.connect().await?;
            let data: String = sqlx::query_scalar("SHOW data_directory").fetch_one(&mut connection).await?;
            println!("held {data}");
            loop {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
        }
        let mut held = Command::new(std::env::current_exe()?)
            .args([
                "--exact",
                "postgres::tests::postgres_ends_with_a_killed_test_process",
                "--nocapture",
            ])
            .env(HELD, "1")
            .env_remove("TEST_DATABASE_URL")
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = held.stdout.take().context("no pipe")?;
        let line = BufReader::new(stdout).lines().map_while(Result::ok).find_map(|line| {
            let (_, data) = line.split_once("held ")?;
            Some(PathBuf::from(data))
        });
        let data = line.context("the second process said nothing")?;
        let process = std::fs::read_to_string(data.join("postmaster.pid"))?;
        let process = Path::new("/proc").join(process.lines().next().context("no process id")?);
        assert!(process.exists());

        held.kill()?;
        held.wait()?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while process.exists() || data.exists() {
            assert!(Instant::now() < deadline, "{} is still there", data.display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}
