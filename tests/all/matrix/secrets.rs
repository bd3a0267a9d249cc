//! Secrets: whatever a person types or is shown once is in no log, however much is logged, and nowhere in the database as it is.

use std::{fs, io::Read};

use anyhow::{Context, Result, ensure};
use portal_client::{Client, Code, pb, request_id};
use tenantry::store::Setup;
use tenantry_tests::{ADMIN, Harness, PASSWORD, Refused, Site, Tally, both, finished, make};
use tokio::process::Command;

use super::{
    hidden::{Secrets, written},
    world::World,
};

/// A password to be, which somebody types nowhere else.
const NEW_PASSWORD: &str = "a wholly new passphrase 7";
/// One that is wrong.
const WRONG_PASSWORD: &str = "a wholly wrong passphrase 7";

both! {
    async fn no_secret_is_logged_or_kept(h: Harness) -> Result<()> {
        let mut site = Site::new(h.database()).await?;
        // Its first admin is made with the token that it prints.
        site.settings.bootstrap_email.clear();
        site.settings.bootstrap_password.clear();
        let log = tempfile::NamedTempFile::new()?;
        let mut server = site.start_logged("trace", log.reopen()?).await?;
        let setup = server.says("/master/setup#").await?;
        let mut secrets = live(&server.origin, &setup).await?;
        server.stop().await?;
        secrets.extend(keys(&site)?);

        let mut tally = Tally::new("H2 secrets", &h);
        let mut logged = String::new();
        log.reopen()?.read_to_string(&mut logged)?;
        ensure!(logged.contains("answered") && logged.len() > 100_000, "little was logged: {} bytes", logged.len());
        let kept = dump(&site).await?;
        ensure!(kept.contains("secret-keeper"), "the database was not dumped: {} bytes", kept.len());
        for (name, secret) in &secrets {
            ensure!(secret.len() >= 12, "{name} is no secret: {secret:?}");
            for (place, text) in [("log", &logged), ("database", &kept)] {
                tally.owes(name, place);
                let line = || text.lines().find(|line| line.contains(secret.as_str())).unwrap_or_default();
                tally.tried(name, place, text.contains(secret.as_str()).then(|| line().chars().take(2000).collect()));
            }
        }
        tally.done()
    }

    /// What is kept of a secret is in its own column: in no entry of the audit trail, no answer that is kept, no event.
    async fn what_is_kept_of_a_secret_is_in_one_place(h: Harness) -> Result<()> {
        let (h, _) = World::apart(h.database()).await?;
        let secrets = Secrets::of(h).await?;
        let (astray, texts) = secrets.astray(h).await?;
        ensure!(secrets.len() > 300 && texts > 1_000, "{} secrets were looked for in {texts} texts", secrets.len());
        ensure!(astray.is_empty(), "{} of them:\n{}", astray.len(), astray.join("\n"));
        Ok(())
    }
}

/// The keys of a server, as they may be written.
fn keys(site: &Site) -> Result<Vec<(&'static str, String)>> {
    let mut keys = Vec::new();
    for file in fs::read_dir(site.settings.keys_dir())? {
        let path = file?.path();
        let bytes = fs::read(&path)?;
        let name = if path.extension().is_some_and(|end| end == "der") {
            "a signing key"
        } else {
            "a sealing key"
        };
        // The key itself is at the end of its file.
        if let Some(key) = bytes.last_chunk::<32>() {
            keys.extend(written(key).map(|form| (name, form)));
        }
    }
    ensure!(keys.len() >= 8, "only {} keys were found", keys.len() / 4);
    Ok(keys)
}

/// Does all that has a secret in it; answers the secrets.
async fn live(origin: &str, setup: &str) -> Result<Vec<(&'static str, String)>> {
    let admin = Client::new(origin, pb::Portal::Master, |_| ());
    let first = pb::CreateFirstAdminRequest {
        token: setup.into(),
        email: ADMIN.into(),
        display_name: "Ada".into(),
        password: PASSWORD.into(),
        cookie: false,
    };
    admin.begin(admin.auth().create_first_admin(first).await?);
    let admin = &admin;
    let mut secrets = vec![
        ("the first admin's token", setup.to_owned()),
        ("the password", PASSWORD.to_owned()),
        ("the new password", NEW_PASSWORD.to_owned()),
        ("the wrong password", WRONG_PASSWORD.to_owned()),
    ];
    let plan = admin.master().create_plan(make::plan("secrets")).await?;
    let begun = admin.master().onboard_tenant(make::onboarding("secret-keeper", &plan.id)).await?;
    let ended = finished(admin, &begun.id).await?;
    let request = pb::InviteUserRequest {
        tenant_id: ended.tenant_id.clone(),
        ..make::user("keeper", pb::Role::TenantAdmin)
    };
    let link = admin
        .master()
        .invite_user(request)
        .await?
        .invitation
        .context("somebody new gets a link")?
        .url;
    let token = link.split_once('#').context("a link has a token")?.1.to_owned();
    secrets.push(("the invitation's token", token.clone()));

    let client = Client::new(origin, pb::Portal::Tenant, |_| ());
    let acceptance = pb::AcceptInvitationRequest {
        token,
        display_name: "Keeper".into(),
        password: PASSWORD.into(),
        cookie: false,
    };
    let first = client.auth().accept_invitation(acceptance).await?;
    let refresh = pb::RefreshSessionRequest {
        portal: pb::Portal::Tenant.into(),
        refresh_token: first.refresh_token.clone(),
        ..Default::default()
    };
    let second = client.auth().refresh_session(refresh).await?;
    for (session, names) in [
        (&first, ["the first access token", "the first refresh token"]),
        (&second, ["the second access token", "the second refresh token"]),
    ] {
        secrets.push((names[0], session.access_token.clone()));
        secrets.push((names[1], session.refresh_token.clone()));
    }
    let sign_in = |password: &str| pb::SignInRequest {
        portal: pb::Portal::Tenant.into(),
        email: make::email("keeper"),
        password: password.into(),
        ..Default::default()
    };
    client
        .auth()
        .sign_in(sign_in(WRONG_PASSWORD))
        .await
        .refused(Code::Unauthenticated)?;
    client.begin(second);
    let credentials = pb::RevealInstanceCredentialsRequest {
        deployment_id: ended.deployment_id,
        request_id: request_id(),
    };
    secrets.push((
        "the instance's password",
        client.tenant().reveal_instance_credentials(credentials).await?.password,
    ));
    let change = |current: &str| pb::ChangePasswordRequest {
        current_password: current.into(),
        new_password: NEW_PASSWORD.into(),
    };
    client
        .auth()
        .change_password(change(WRONG_PASSWORD))
        .await
        .refused(Code::InvalidArgument)?;
    client.auth().change_password(change(PASSWORD)).await?;
    client.auth().sign_in(sign_in(NEW_PASSWORD)).await?;
    Ok(secrets)
}

/// All rows of all tables as text.
async fn dump(site: &Site) -> Result<String> {
    match site.settings.database() {
        // Also what is not in a row any more.
        Setup::Sqlite(file) => {
            let mut bytes = fs::read(&file)?;
            bytes.extend(fs::read(file.with_extension("db-wal")).unwrap_or_default());
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        Setup::Postgres(_) => {
            // It does not know the settings of our driver.
            let url = site.settings.database_owner_url.split('?').next().unwrap_or_default();
            let output = Command::new("pg_dump").args(["--data-only", "--inserts", url]).output().await?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Ok(String::from_utf8(output.stdout)?)
        }
    }
}
