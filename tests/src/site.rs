//! Servers as processes of their own, on data that outlives them: for tests that kill them.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use portal_client::{Client, pb};
use tenantry::{config::Settings, store::Setup};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{
    Database, Db, Server,
    server::{ADMIN, Cleaner, PASSWORD, folder, fresh_settings, ports, program, trails_are_whole},
};

/// A data folder and its database.
pub struct Site {
    /// What every server of it is started with.
    pub settings: Settings,
    keys: PathBuf,
    _cleaner: Cleaner,
}

/// A server program that runs. It is killed when it is dropped.
pub struct Process {
    child: Child,
    /// Where it is reached.
    pub origin: String,
    /// What it says after the first line; the pipe stays open also where nobody reads it.
    says: Lines<BufReader<ChildStdout>>,
}

impl Site {
    /// An empty one.
    pub async fn new(database: Database) -> Result<Self> {
        let settings = fresh_settings(database).await?;
        Self::of(settings.keys_dir(), settings)
    }

    /// Another machine: a folder of its own, on the same database and with the same keys.
    pub fn beside(&self) -> Result<Self> {
        let mut settings = self.settings.clone();
        settings.data_dir = folder()?;
        (settings.instance_port_first, settings.instance_port_last) = ports();
        Self::of(self.keys.clone(), settings)
    }

    /// Another machine for a server in this process: on the same PostgreSQL, or on a copy of its file; with the same keys.
    pub async fn of_server(server: &Server) -> Result<Self> {
        let mut settings = server.settings.clone();
        settings.data_dir = folder()?;
        (settings.instance_port_first, settings.instance_port_last) = ports();
        if let Setup::Sqlite(to) = settings.database() {
            let copy = format!("VACUUM INTO '{}'", to.display());
            Db::open(&server.settings).await?.execute(&copy).await?;
        }
        Self::of(server.settings.keys_dir(), settings)
    }

    /// Writes to the database behind the servers' backs.
    pub async fn write(&self, sql: &'static str) -> Result<()> {
        Db::open(&self.settings).await?.execute(sql).await.map(|_| ())
    }

    /// Fails where the trails are not as the servers wrote them, whatever became of those.
    pub async fn trails_are_whole(&self) -> Result<()> {
        trails_are_whole(&self.settings, &self.keys).await
    }

    fn of(keys: PathBuf, settings: Settings) -> Result<Self> {
        Ok(Self {
            _cleaner: Cleaner::of(&settings)?,
            settings,
            keys,
        })
    }

    fn command(&self, word: &str) -> Result<Command> {
        let settings = &self.settings;
        let mut command = Command::new(program()?);
        command
            .arg(word)
            .env("TENANTRY_LISTEN", settings.listen.to_string())
            .env("TENANTRY_DATA_DIR", &settings.data_dir)
            .env("TENANTRY_KEYS_DIR", &self.keys)
            .env("TENANTRY_DATABASE_URL", &settings.database_url)
            .env("TENANTRY_DATABASE_OWNER_URL", &settings.database_owner_url)
            .env("TENANTRY_INSTANCE_PORT_FIRST", settings.instance_port_first.to_string())
            .env("TENANTRY_INSTANCE_PORT_LAST", settings.instance_port_last.to_string())
            .env("TENANTRY_BOOTSTRAP_EMAIL", &settings.bootstrap_email)
            .env("TENANTRY_BOOTSTRAP_PASSWORD", &settings.bootstrap_password)
            .env("TENANTRY_CALLS_PER_SECOND", "1000000")
            .env("TENANTRY_WRONG_GUESSES_PER_HOUR", "1000000")
            .env("TENANTRY_LOG", "warn")
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Starts the server, which ends as if it was killed when it comes to the fail point.
    pub async fn start(&self, fail_point: &str) -> Result<Process> {
        let mut command = self.command("serve")?;
        command.env("TENANTRY_FAIL_POINT", fail_point);
        Self::begin(command).await
    }

    /// Starts the server, which writes all that a filter lets through into a file.
    pub async fn start_logged(&self, filter: &str, log: fs::File) -> Result<Process> {
        let mut command = self.command("serve")?;
        command.env("TENANTRY_LOG", filter).stderr(log);
        Self::begin(command).await
    }

    async fn begin(mut command: Command) -> Result<Process> {
        command.stdout(Stdio::piped());
        let mut child = command.spawn().context("starting the server program")?;
        let mut says = BufReader::new(child.stdout.take().context("the server has no pipe")?).lines();
        let first = says.next_line().await?.unwrap_or_default();
        let (_, origin) = first.split_once(" at ").with_context(|| format!("the server says {first:?}"))?;
        Ok(Process {
            child,
            origin: origin.to_owned(),
            says,
        })
    }

    /// Ends the server and all instances with `tenantry stop`; answers what that says.
    pub async fn stop(&self) -> Result<String> {
        let output = self.command("stop")?.output().await?;
        let says = String::from_utf8(output.stdout)?;
        ensure!(output.status.success(), "{}: {says}", output.status);
        Ok(says)
    }

    /// The shims that run on this data, and what each runs, as process ids.
    pub fn instances(&self) -> Result<Vec<Instance>> {
        let folder = self.settings.data_dir.display().to_string();
        let mut processes = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let path = entry?.path();
            let Some(id) = path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()) else {
                continue;
            };
            // A process may end while it is looked at.
            let (Ok(line), Ok(stat)) = (fs::read_to_string(path.join("cmdline")), fs::read_to_string(path.join("stat"))) else {
                continue;
            };
            let parent = stat
                .rsplit_once(") ")
                .and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<u32>().ok());
            let words: Vec<String> = line.split('\0').map(str::to_owned).collect();
            processes.push((id, parent.unwrap_or_default(), words));
        }
        let shims = processes
            .iter()
            .filter(|(_, _, words)| words.get(1).is_some_and(|w| w == "shim") && words.iter().any(|w| w.starts_with(&folder)));
        Ok(shims
            .map(|(shim, _, words)| Instance {
                deployment: words
                    .iter()
                    .find_map(|w| w.split('/').find(|part| part.starts_with("dep_")))
                    .unwrap_or_default()
                    .to_owned(),
                shim: *shim,
                children: processes
                    .iter()
                    .filter(|(_, parent, _)| parent == shim)
                    .map(|(id, ..)| *id)
                    .collect(),
            })
            .collect())
    }
}

/// One instance as the machine sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The id of its deployment.
    pub deployment: String,
    /// The process that keeps it running.
    pub shim: u32,
    /// The processes that it runs; one, when all is well.
    pub children: Vec<u32>,
}

impl Process {
    /// The vendor's admin, signed in.
    pub async fn admin(&self) -> Result<Client> {
        let client = Client::new(&self.origin, pb::Portal::Master, |_| ());
        client.sign_in(ADMIN, PASSWORD, "").await?;
        Ok(client)
    }

    /// Reads what it says until a line has a word in it; answers what follows the word there.
    pub async fn says(&mut self, word: &str) -> Result<String> {
        let reading = async {
            while let Some(line) = self.says.next_line().await? {
                if let Some((_, rest)) = line.split_once(word) {
                    return Ok(rest.to_owned());
                }
            }
            bail!("the server does not say {word:?}")
        };
        timeout(Duration::from_secs(60), reading).await?
    }

    /// Its process id.
    pub fn id(&self) -> Result<u32> {
        self.child.id().context("the server has ended")
    }

    /// Waits until it came to its fail point.
    pub async fn died(&mut self) -> Result<()> {
        let status = self.end().await.context("the server did not come to its fail point")?;
        ensure!(status.signal() == Some(9), "the server ended with {status}");
        Ok(())
    }

    /// Waits until it ends in good order, as somebody told it to.
    pub async fn ended(&mut self) -> Result<()> {
        let status = self.end().await.context("the server did not end")?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    async fn end(&mut self) -> Result<ExitStatus> {
        Ok(timeout(Duration::from_secs(60), self.child.wait()).await??)
    }

    /// Kills it, as `kill -9` does.
    pub fn kill(self) {
        drop(self);
    }

    /// Ends it in good order; the instances run on.
    pub async fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.id()?.to_string()).status().await?;
        self.ended().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The next server of the folder may come as soon as this one is gone.
        self.child.start_kill().ok();
        while let Ok(None) = self.child.try_wait() {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
