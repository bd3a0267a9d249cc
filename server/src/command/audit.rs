//! `tenantry audit`.

use crate::{
    config::Settings,
    keys,
    store::{self, Owner},
    terminal::say,
};
use anyhow::bail;
use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Audit {
    /// Check that no entry of the audit trail was changed, moved, put in or taken out
    ///
    /// Every tenant, every reseller and the platform have a trail of their own. Its entries are numbered, and each is stamped over all that is in it and the stamp before it
    /// with the keys in the folder keys_dir, which the database does not know. Of each trail that is not whole the first bad entry is named, with a word for what is wrong:
    /// edited, missing, out of order, foreign (it was written into another trail), inserted, cut off (the end is missing), unknown (the key is missing). Then the
    /// program ends with code 1.
    ///
    /// One thing cannot be seen in the database alone: that the end of a trail was taken away and the head that the trail had earlier was put back, as it stands in a
    /// backup. So keep what this prints somewhere else. The number of entries never becomes smaller, with --owner that of one trail; and while nothing is written, for
    /// example from a backup to what is restored of it, the digest stays the same.
    ///
    /// The server may run meanwhile. On PostgreSQL database_url may be the server's or that of the owner of the tables; nothing is written.
    Verify {
        /// Only the trail of one owner: the id of a tenant or a reseller, or "platform"
        #[arg(long, value_parser = owner)]
        owner: Option<Owner>,
    },
}

fn owner(text: &str) -> Result<Owner, String> {
    match (text, text.parse(), text.parse()) {
        ("platform", ..) => Ok(Owner::Platform),
        (_, Ok(tenant), _) => Ok(Owner::Tenant(tenant)),
        (_, _, Ok(reseller)) => Ok(Owner::Reseller(reseller)),
        _ => Err("write the id of a tenant (ten_...), of a reseller (res_...), or \"platform\"".to_owned()),
    }
}

pub(super) async fn run(command: Audit, settings: Settings) -> anyhow::Result<()> {
    let Audit::Verify { owner } = command;
    let folder = settings.keys_dir();
    if !keys::can_check(&folder) {
        bail!(
            "there is no sealing key in {}: the audit trail is checked with the keys of the server (the setting keys_dir)",
            folder.display()
        );
    }
    let report = store::verify(&settings.database(), &keys::load(&folder)?.sealer, owner).await?;
    for finding in &report.findings {
        say(finding);
    }
    let (entries, trails) = (report.entries, report.trails);
    match report.findings.len() {
        0 => say(format_args!(
            "{entries} entries in {trails} trails, whole; digest of their ends: {}",
            report.digest()
        )),
        bad => bail!("{bad} of {trails} trails are not whole"),
    }
    Ok(())
}
