//! The first credentials of an instance.

use anyhow::{Context, Result};
use portal_client::{Code, pb};
use tenantry_tests::{Harness, Refused, ask, both, page};

use super::get;

/// The value that follows a text.
fn after<'a>(text: &'a str, begin: &str, end: char) -> Result<&'a str> {
    let (_, rest) = text.split_once(begin).with_context(|| format!("no {begin:?} in {text}"))?;
    Ok(rest.split_once(end).context("no end")?.0)
}

/// The status line of a sign-in.
async fn sign_in(url: &str, email: &str, password: &str) -> Result<String> {
    let form = page(url, "/login").await?;
    let cookie = after(&form, "set-cookie: ", ';')?;
    let key = after(&form, "name=\"form_key\" value=\"", '"')?;
    let head = format!("POST /login HTTP/1.1\r\ncookie: {cookie}\r\ncontent-type: application/x-www-form-urlencoded");
    let body = format!("form_key={key}&email={}&password={password}", email.replace('@', "%40"));
    let answer = ask(url, &head, &body).await?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

both! {
    async fn first_credentials_are_shown_once_and_open_the_instance(h: Harness) -> Result<()> {
        let acme = h.tenant("reveal").await?;
        let request = pb::RevealInstanceCredentialsRequest { deployment_id: acme.deployment_id.clone(), ..Default::default() };
        let user = acme.user().await?;
        user.tenant().reveal_instance_credentials(request.clone()).await.refused(Code::PermissionDenied)?;
        let before = get(&h.master(), &acme.deployment_id).await?;
        assert!(before.credentials_available);

        // Of two calls at once one finds them gone.
        let calls = acme.admin().tenant();
        let (a, b) = tokio::join!(calls.reveal_instance_credentials(request.clone()), calls.reveal_instance_credentials(request));
        let (won, lost) = if a.is_ok() { (a?, b) } else { (b?, a) };
        assert_eq!(lost.refused(Code::FailedPrecondition)?.reason, "CREDENTIALS_SHOWN");
        assert_eq!((&won.url, won.email.as_str()), (&before.url, format!("{}@people.example", acme.slug).as_str()));
        assert!(!get(&h.master(), &acme.deployment_id).await?.credentials_available);

        assert!(sign_in(&before.url, &won.email, &won.password).await?.contains(" 303 "));
        assert!(!sign_in(&before.url, &won.email, "something else").await?.contains(" 303 "));

        // It is in the audit trail that they were shown, and nowhere what they are.
        let request = pb::ListAuditEntriesRequest { filter: "action = \"deployment.reveal_credentials\"".into(), ..Default::default() };
        let entries = acme.admin().tenant().list_audit_entries(request).await?.audit_entries;
        assert_eq!(entries.len(), 1);
        assert!(!format!("{entries:?}").contains(&won.password));
        Ok(())
    }
}
