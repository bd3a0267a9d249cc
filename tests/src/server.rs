//! Servers in the test process: one for each database that all tests share, and more where a test wants one for itself.

use std::{
    env, fs,
    num::NonZeroU32,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::{
        Arc, LazyLock, Mutex, PoisonError, Weak,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result};
use tenantry::{
    clock::Clock,
    config::{Flags, Settings},
    keys,
    serve::{self, Running},
    store::{self, Owner},
};
use tokio::{runtime::Runtime, sync::OnceCell};

use crate::{Harness, postgres};

/// The two databases that everything runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A server, its clock, and its first admin.
pub struct Server {
    /// Which database it has.
    pub database: Database,
    /// The server.
    pub running: Running,
    /// Its clocks; the business clock may be moved where the server is a test's own.
    pub clock: Clock,
    /// The settings it was started with.
    pub settings: Settings,
    _cleaner: Cleaner,
}

/// The login of the first admin of every server.
pub const ADMIN: &str = "ada@vendor.example";
/// The password of everybody.
pub const PASSWORD: &str = "correct horse battery";

/// Servers live longer than the tests that use them.
static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(Runtime::new);
static SHARED: [OnceCell<Arc<Server>>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
/// All that were started.
static SERVERS: Mutex<Vec<Weak<Server>>> = Mutex::new(Vec::new());
/// How many tests are at work.
static TESTS: AtomicUsize = AtomicUsize::new(0);

/// Counts a test for as long as it runs.
struct Counted;

impl Counted {
    fn new() -> Self {
        TESTS.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        TESTS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether no other test is at work than the one that asks.
pub fn is_last() -> bool {
    TESTS.load(Ordering::Relaxed) == 1
}

/// The servers that are still there: those that tests share.
pub fn servers() -> Vec<Arc<Server>> {
    let servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    servers.iter().filter_map(Weak::upgrade).collect()
}

/// Runs a test with the shared server of a database. With `RUST_LOG` set the log of the servers is shown.
pub fn run(database: Database, test: impl AsyncFnOnce(Harness) -> Result<()>) -> Result<()> {
    if env::var_os("RUST_LOG").is_some() {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        // Another test has done it.
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
    }
    let _counted = Counted::new();
    let runtime = RUNTIME.as_ref().map_err(|error| anyhow::anyhow!("no runtime: {error}"))?;
    runtime.block_on(async {
        let place = match database {
            Database::Sqlite => &SHARED[0],
            Database::Postgres => &SHARED[1],
        };
        let server = place.get_or_try_init(|| Server::start(database)).await?;
        test(Harness::new(server.clone()).await?).await
    })
}

/// Fails where the trails of a database are not as they were written.
pub(crate) async fn trails_are_whole(settings: &Settings, keys_dir: &Path) -> Result<()> {
    let report = store::verify(&settings.database(), &keys::load(keys_dir)?.sealer, None).await?;
    anyhow::ensure!(report.findings.is_empty() && report.entries > 0, "{report:#?}");
    println!("{} trails with {} entries are whole", report.trails, report.entries);
    Ok(())
}

/// The server program with fail points, or as it is released where this program is. It is shim and instance too.
pub fn program() -> Result<PathBuf> {
    let this = env::current_exe()?;
    // Tests lie one folder deeper than programs.
    let folder = this.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let program = folder.context("this program lies in no target folder")?.join("tenantry-under-test");
    anyhow::ensure!(program.exists(), "{} was not built", program.display());
    Ok(program)
}

impl Server {
    /// A server on an empty database.
    pub async fn start(database: Database) -> Result<Arc<Self>> {
        Self::with(database, fresh_settings(database).await?).await
    }

    /// A server with settings of one's own.
    pub async fn with(database: Database, settings: Settings) -> Result<Arc<Self>> {
        let cleaner = Cleaner::of(&settings)?;
        let clock = Clock::default();
        let running = serve::start(settings.clone(), clock.clone()).await?;
        let server = Arc::new(Self {
            database,
            running,
            clock,
            settings,
            _cleaner: cleaner,
        });
        SERVERS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&server));
        Ok(server)
    }

    /// Looks at the audit trails of this server, or at that of one of its accounts, as `tenantry audit verify` does.
    pub async fn verify(&self, only: Option<Owner>) -> Result<store::Report> {
        let sealer = keys::load(&self.settings.keys_dir())?.sealer;
        store::verify(&self.settings.database(), &sealer, only).await
    }

    /// Fails where the trails are not as they were written.
    pub async fn trails_are_whole(&self) -> Result<()> {
        trails_are_whole(&self.settings, &self.settings.keys_dir()).await
    }

    /// Where it is reached.
    pub fn origin(&self) -> String {
        format!("http://{}", self.running.address)
    }
}

/// Settings of a server on an empty database and in an empty folder.
pub async fn fresh_settings(database: Database) -> Result<Settings> {
    let flags = Flags {
        listen: Some("127.0.0.1:0".into()),
        data_dir: Some(folder()?),
        ..Flags::default()
    };
    let mut settings = Settings::load(&flags)?;
    // All tests are one caller.
    settings.calls_per_second = NonZeroU32::MIN.saturating_add(999_999);
    settings.wrong_guesses_per_hour = 1_000_000;
    settings.bootstrap_email = ADMIN.into();
    settings.bootstrap_password = PASSWORD.into();
    if database == Database::Postgres {
        let database = postgres::shared().await?.database(store::migrate).await?;
        settings.database_url = database.url;
        settings.database_owner_url = database.owner_url.unwrap_or_default();
    }
    (settings.instance_port_first, settings.instance_port_last) = ports();
    settings.instance_program = Some(program()?);
    Ok(settings)
}

/// An empty folder for the data of a server.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(tempfile::Builder::new().prefix("tenantry-test-").tempdir()?.keep())
}

/// A hundred ports for the instances of one server, so that servers seldom try one another's.
pub(crate) fn ports() -> (u16, u16) {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = std::process::id() % 100;
    let block = (process as u16 * 7 + NEXT.fetch_add(1, Ordering::Relaxed)) % 100;
    let first = 20_000 + block * 100;
    (first, first + 99)
}

/// Ends the instances and removes the folder when it is dropped, and when this process ends, however it ends: a shell waits for the end of a pipe.
pub struct Cleaner {
    _alive: ChildStdin,
}

impl Cleaner {
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let script = "trap '' HUP INT TERM; cat > /dev/null; \"$1\" stop > /dev/null 2>&1; rm -rf \"$TENANTRY_DATA_DIR\"";
        let mut child = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(program()?)
            .env("TENANTRY_DATA_DIR", fs::canonicalize(&settings.data_dir)?)
            .env("TENANTRY_DATABASE_URL", &settings.database_url)
            .env("TENANTRY_DATABASE_OWNER_URL", &settings.database_owner_url)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting the shell that cleans up")?;
        let alive = child.stdin.take().context("the shell that cleans up has no pipe")?;
        Ok(Self { _alive: alive })
    }
}
