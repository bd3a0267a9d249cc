//! Builds the portals: cargo for wasm, chunks, wasm-bindgen, wasm-opt, Tailwind, content hashes, brotli and gzip.
//!
//! ```text
//! scripts/portals.sh build --release     the three portals into portals/dist/{master,tenant,reseller}
//! scripts/portals.sh build --dev --app master
//! scripts/portals.sh sizes               the size table; fails over budget
//! ```

mod apps;
mod compress;
#[cfg(test)]
mod contrast;
mod dist;
mod html;
mod sizes;
mod slot;
mod split;
mod styles;
mod tools;
mod wasm;

use std::{iter::zip, thread};

use anyhow::{Result, anyhow, ensure};
use clap::{Parser, Subcommand};

use apps::App;
use tools::Project;

#[derive(Parser)]
#[command(about = "Builds the portals")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the portals into portals/dist.
    Build {
        /// Small, optimised and compressed; without it the build is quick.
        #[arg(long, conflicts_with = "dev")]
        release: bool,
        /// Quick to build (the default).
        #[arg(long)]
        dev: bool,
        /// Build this app only (master, tenant, reseller, gallery); may be repeated.
        #[arg(long = "app", value_name = "NAME")]
        apps: Vec<App>,
    },
    /// Print the sizes of the built portals and fail when one is over its budget.
    Sizes,
}

/// How to build.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Dev,
    Release,
}

fn main() -> Result<()> {
    let project = Project::find()?;
    match Args::parse().command {
        Command::Build { release, dev: _, apps } => {
            let mode = if release { Mode::Release } else { Mode::Dev };
            build(&project, mode, if apps.is_empty() { App::RELEASED.to_vec() } else { apps })
        }
        Command::Sizes => {
            let within = sizes::report(&project, &App::RELEASED)?;
            ensure!(within, "a portal is over its size budget");
            Ok(())
        }
    }
}

/// Builds `apps` in one cargo invocation and writes each one's folder.
fn build(project: &Project, mode: Mode, apps: Vec<App>) -> Result<()> {
    project.install_npm_packages()?;
    wasm::compile(project, mode, &apps)?;
    let sheets: Vec<Vec<u8>> = apps.iter().map(|app| styles::build(project, mode, *app)).collect::<Result<_>>()?;
    // All that follows works on one core only.
    thread::scope(|scope| {
        let write = |app, css| dist::write(project, mode, app, wasm::bind(project, mode, app)?, css);
        let threads: Vec<_> = zip(&apps, sheets).map(|(app, css)| scope.spawn(move || write(*app, css))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow!("an app was not written to its end"))?)
    })?;
    // Over budget or not, what was built runs: `sizes` is the command that fails.
    let released: Vec<App> = apps.into_iter().filter(|app| App::RELEASED.contains(app)).collect();
    if mode == Mode::Release && !released.is_empty() {
        sizes::report(project, &released)?;
    }
    Ok(())
}
