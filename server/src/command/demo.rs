//! `tenantry demo`.

use super::serve;
use crate::{
    clock::Clock,
    config::Settings,
    demo::{self, Logins},
    terminal::say,
};

/// Serves a demo; an empty system is filled first.
pub(super) async fn run(mut settings: Settings) -> anyhow::Result<()> {
    // The demo makes the first admin itself.
    settings.bootstrap_email.clear();
    // Billing begins with the server: it must not see today before the demo has come there.
    let clock = Clock::default();
    if let Some(begins) = Logins::unfinished(&settings.data_dir)? {
        clock.set_business(begins);
    }
    let running = serve::start(settings, clock).await?;
    let Some(mut logins) = Logins::of(&running)? else {
        say("There is data already. It is kept as it is, and nothing is filled in.");
        return serve::until_stopped(running).await;
    };
    tokio::select! {
        filled = demo::fill(&running, &mut logins) => filled?,
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
