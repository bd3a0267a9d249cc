//! The Tenantry server program.

fn main() -> anyhow::Result<()> {
    tenantry::command::run()
}
