//! The command line.

mod audit;
mod demo;
mod serve;
mod stop;

use crate::{
    config::{DEFAULTS, Flags, LogFormat, Settings},
    instance, shim, store,
    terminal::say,
};
use clap::{Parser, Subcommand};
use rustix::fs::Mode;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// The back end of a vendor who sells software to internet service providers as a service: tenants and their instances, subscriptions, resellers, and three web
/// portals on one port.
#[derive(Parser)]
#[command(
    name = "tenantry",
    version,
    max_term_width = 110,
    after_help = "Begin with `tenantry serve`; `tenantry config` prints every setting with its meaning."
)]
struct Line {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server. Ctrl-C ends it; the tenants' instances run on
    Serve,
    /// Run the server on a demo: an empty data folder is first filled with a believable vendor
    Demo,
    /// End the server of the data folder and all instances on this machine
    Stop,
    /// Look after the tables of the database
    #[command(subcommand)]
    Migrate(Migrate),
    /// Look after the audit trail
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Print all settings with their defaults and what they mean
    Config,
    /// Run the software of one tenant (the server does this)
    #[command(hide = true)]
    Instance(instance::Args),
    /// Keep one instance running (the server does this)
    #[command(hide = true)]
    Shim(shim::Args),
}

#[derive(Subcommand)]
enum Migrate {
    /// Bring the tables up to date; the server does it by itself when it starts
    Up,
    /// Show which changes were made
    Status,
}

/// Does what the command line says.
pub fn run() -> anyhow::Result<()> {
    let line = Line::parse();
    // What the program writes is for its owner only: the database, the keys, the instances.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    match line.command {
        Command::Instance(args) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(instance::run(args))
        }
        Command::Shim(args) => shim::run(args),
        Command::Config => {
            say(DEFAULTS.trim_end());
            Ok(())
        }
        command => {
            let settings = Settings::load(&line.flags)?;
            log(&settings)?;
            tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?
                .block_on(with_settings(command, settings))
        }
    }
}

async fn with_settings(command: Command, settings: Settings) -> anyhow::Result<()> {
    match command {
        Command::Serve => serve::run(settings).await,
        Command::Demo => demo::run(settings).await,
        Command::Stop => stop::run(settings).await,
        Command::Audit(command) => audit::run(command, settings).await,
        Command::Migrate(Migrate::Up) => {
            store::migrate(&settings.database()).await?;
            say("The tables are up to date.");
            Ok(())
        }
        Command::Migrate(Migrate::Status) => {
            for (name, made) in store::migrations(&settings.database()).await? {
                say(format_args!("{} {name}", if made { "made   " } else { "pending" }));
            }
            Ok(())
        }
        Command::Config | Command::Instance(_) | Command::Shim(_) => Ok(()),
    }
}

fn log(settings: &Settings) -> anyhow::Result<()> {
    // What cannot be written to the log is lost: told with `eprintln!` it would end the task that it is about.
    let log = tracing_subscriber::fmt()
        .log_internal_errors(false)
        .with_env_filter(EnvFilter::try_new(&settings.log)?)
        .with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}
