//! The server program as the kill tests start it.

fn main() -> anyhow::Result<()> {
    tenantry::command::run()
}
