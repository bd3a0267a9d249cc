//! The software of an ISP: the program that a deployment on this machine runs.
//!
//! A public page in the ISP's name and colour, and behind a sign-in the list of its subscribers, in an SQLite file of
//! its own. Everything it needs to know comes from its environment (see [`config`]).
//!
//! The environment's email address and password hash make the admin on the first start only. Later starts leave the
//! stored admin as it is, so that a changed environment never resets somebody's password.
//!
//! Standard output gets one line per request; probes (`/healthz`, `/readyz`, `/metrics`) are logged and counted only
//! where they fail, since they would drown the ISP's own traffic.

mod account;
mod colour;
mod config;
mod layout;
mod meter;
mod pages;
mod password;
mod schema;
mod serve;
mod stylesheet;
mod subscriber;
mod visitor;

use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use tokio::signal::unix::{SignalKind, signal};

use account::SignIn;
use config::Config;
use meter::Meter;
use stylesheet::Stylesheet;

use crate::terminal;

/// The exit code for a wrong or missing setting.
const WRONG_SETTING: i32 = 2;

/// Arguments of `tenantry instance`. There are none: its settings are the TENANTRY_INSTANCE_... variables of its
/// environment.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// What every page needs.
struct App {
    config: Config,
    pool: SqlitePool,
    meter: Meter,
    sign_in: SignIn,
    stylesheet: Stylesheet,
    started_at: DateTime<Utc>,
}

/// Runs the instance until SIGTERM or SIGINT. A runtime of one thread is enough for it.
///
/// A wrong setting ends the process with code 2 after naming every wrong one.
pub async fn run(_args: Args) -> anyhow::Result<()> {
    let config = match Config::read(|name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(problems) => {
            problems.iter().for_each(terminal::warn);
            std::process::exit(WRONG_SETTING);
        }
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stdout)
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .with_target(false)
        .init();
    let started_at = Utc::now();
    let pool = schema::open(&config.data).await.context("The database cannot be opened")?;
    account::seed(&pool, &config.admin_email, &config.admin_password_hash, started_at).await?;
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("Nothing can listen at {}", config.listen))?;
    tracing::info!(version = config.version, "{} listens at {}", config.slug, config.listen);
    let app = Arc::new(App {
        meter: Meter::new(started_at),
        sign_in: SignIn::default(),
        stylesheet: Stylesheet::new(config.primary),
        started_at,
        pool: pool.clone(),
        config,
    });
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve::serve(listener, pages::router(app), stop).await;
    // Writes what is in the log into the database file.
    pool.close().await;
    tracing::info!("stopped");
    Ok(())
}
