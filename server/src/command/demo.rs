//! `tenantry demo`.

use super::serve;
use crate::{config::Settings, demo, terminal::say};

/// Serves a demo; an empty data folder is filled first.
pub(super) async fn run(mut settings: Settings) -> anyhow::Result<()> {
    let Some(mut logins) = demo::prepare(&settings)? else {
        say(format_args!(
            "{} has data already, which is kept as it is.",
            settings.data_dir.display()
        ));
        return serve::run(settings).await;
    };
    settings.bootstrap_email = demo::ADMIN.to_owned();
    settings.bootstrap_password = logins.password(demo::ADMIN)?;
    let running = serve::start(settings).await?;
    tokio::select! {
        filled = demo::fill(&running.app, &mut logins) => filled?,
        () = serve::told_to_stop() => {
            say("Stopping. The next start goes on where this one was.");
            running.stop().await;
            return Ok(());
        }
    }
    say(format_args!("Sign in (also in {}):", logins.file().display()));
    for login in &logins.all {
        say(format_args!(
            "  {:<9} {:<40} {:<34} {}",
            login.portal, login.url, login.email, login.password
        ));
    }
    serve::until_stopped(running).await
}
