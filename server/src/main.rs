//! The Tenantry server program.

use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Runs the software of an ISP
    Instance(tenantry::instance::Args),
    /// Keeps one instance process running
    Shim(tenantry::shim::Args),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Instance(args) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(tenantry::instance::run(args))
        }
        Command::Shim(args) => tenantry::shim::run(args),
    }
}
