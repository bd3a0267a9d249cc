//! Bad credential by RPC: UNAUTHENTICATED before anything else is looked at.

use std::collections::BTreeSet;

use anyhow::Result;
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use portal_client::{Client, Code, pb};
use tenantry::{auth::Claims, id::*, identity::session::entity::Portal};
use tenantry_tests::{Harness, Tally, both};

use super::{
    contract::rpcs,
    raw::{GARBAGE, Wire},
    roles::Policy,
    world::sign_in,
};

/// A name, the `authorization` headers, and the reason that the server gives.
struct Bad(&'static str, Vec<String>, &'static str);

both! {
    async fn every_rpc_refuses_a_bad_credential(h: Harness) -> Result<()> {
        let wire = Wire::to(&h)?;
        let mut tally = Tally::new("H1 credentials", &h);
        let (tenant, reseller) = (h.tenant("bad").await?, h.reseller("bad").await?);
        let mut sets = Vec::new();
        for (portal, client) in [(Portal::Master, h.admin()), (Portal::Tenant, tenant.admin()), (Portal::Reseller, reseller.admin())] {
            sets.push((portal, bad_credentials(&h, client, portal).await?));
        }
        let policy = Policy::read();
        let secret = rpcs()?.into_iter().filter(|rpc| !policy.is_public(rpc));
        let mut paths: Vec<_> = secret.map(|rpc| (rpc.name(), rpc.path)).collect();
        // A method that there is not looks like one that there is.
        let services: BTreeSet<_> = rpcs()?.iter().map(|rpc| rpc.method.parent_service().full_name().to_owned()).collect();
        paths.extend(services.iter().map(|service| (format!("{service}/NoMethod"), format!("/{service}/NoMethod"))));
        // The same words for the same reason, whatever is called.
        let nothing = wire.call_path(&paths[0].1, false, GARBAGE, &[]).await?;
        for (name, path) in &paths {
            // With what was made for its own portal, so that nothing else is wrong with it; the sign-in service takes the tokens of all.
            let is_in = |portal: &Portal| path.contains(portal.service());
            let own: Vec<_> = sets.iter().filter(|(portal, _)| is_in(portal) || !sets.iter().any(|(other, _)| is_in(other))).collect();
            for (portal, Bad(state, headers, reason)) in own.iter().flat_map(|(portal, bad)| bad.iter().map(move |bad| (portal, bad))) {
                let column = format!("{state} of the {portal} portal");
                tally.owes(name, &column);
                let answer = wire.call_path(path, false, GARBAGE, headers).await?;
                let is_as_told = answer.code == Code::Unauthenticated && answer.reason() == *reason;
                let is_alike = !headers.is_empty() || answer == nothing;
                tally.tried(name, &column, (!is_as_told || !is_alike).then(|| format!("{}, not {reason}", answer.short())));
            }
        }
        tally.done()
    }

    async fn a_token_is_no_good_in_another_portal(h: Harness) -> Result<()> {
        let wire = Wire::to(&h)?;
        let mut tally = Tally::new("H1 audiences", &h);
        let tenant = h.tenant("audience").await?;
        let reseller = h.reseller("audience").await?;
        for rpc in rpcs()?.iter().filter(|rpc| rpc.portal().is_some()) {
            for portal in [Portal::Master, Portal::Tenant, Portal::Reseller].iter().filter(|portal| !rpc.method.parent_service().full_name().ends_with(portal.service())) {
                tally.owes(rpc.name(), format!("a token for the {portal} portal"));
            }
        }
        for (portal, client) in [(Portal::Master, h.admin()), (Portal::Tenant, tenant.admin()), (Portal::Reseller, reseller.admin())] {
            let session = sign_in(&h, client).await?;
            for rpc in rpcs()?.iter().filter(|rpc| rpc.portal().is_some_and(|of| of != session.portal())) {
                let answer = wire.call_as(rpc, GARBAGE, &session.access_token).await?;
                let wrong = (answer.reason() != "BAD_TOKEN").then(|| answer.short());
                tally.tried(rpc.name(), format!("a token for the {portal} portal"), wrong);
            }
        }
        tally.done()
    }

    async fn a_public_rpc_does_not_look_at_the_credential(h: Harness) -> Result<()> {
        let wire = Wire::to(&h)?;
        let mut tally = Tally::new("H1 public", &h);
        let policy = Policy::read();
        for rpc in rpcs()?.iter().filter(|rpc| policy.is_public(rpc)) {
            tally.owes(rpc.name(), "garbage");
            let without = wire.call(rpc, Bytes::new(), &[]).await?;
            let with = wire.call_as(rpc, Bytes::new(), "garbage").await?;
            let is_looked_at = with != without || without.code == Code::Ok;
            tally.tried(rpc.name(), "garbage", is_looked_at.then(|| format!("{} and {}", with.short(), without.short())));
        }
        tally.done()
    }
}

async fn bad_credentials(h: &Harness, client: &Client, portal: Portal) -> Result<Vec<Bad>> {
    let bearer = |token: &str| format!("Bearer {token}");
    let session = sign_in(h, client).await?;
    let good = session.access_token.clone();
    let ended = sign_in(h, client).await?;
    let out = pb::SignOutRequest {};
    let leaving = h.anybody(ended.portal());
    leaving.begin(ended.clone());
    leaving.auth().sign_out(out).await?;

    let tokens = &h.running.app.tokens;
    let claims = tokens.check(&good, &[portal.service()], Utc::now())?;
    let (user, Claims { sid, mid, .. }) = (claims.user(), claims);
    let (expired, _) = tokens.issue(user, sid, mid, portal, Utc::now() - TimeDelta::hours(1))?;
    let (early, _) = tokens.issue(user, sid, mid, portal, Utc::now() + TimeDelta::hours(1))?;
    let (nobody, _) = tokens.issue(user, SessionId::new(), mid, portal, Utc::now())?;
    let (head, tail) = good.rsplit_once('.').unwrap_or_default();
    let forged = format!("{head}.{}", tail.chars().rev().collect::<String>());
    Ok(vec![
        Bad("none", vec![], "NO_TOKEN"),
        Bad("an empty header", vec![String::new()], "BAD_TOKEN"),
        Bad("an empty token", vec!["Bearer ".into()], "BAD_TOKEN"),
        Bad("garbage", vec![bearer("garbage")], "BAD_TOKEN"),
        Bad("a forged signature", vec![bearer(&forged)], "BAD_TOKEN"),
        Bad("an expired token", vec![bearer(&expired)], "TOKEN_EXPIRED"),
        Bad("a token of tomorrow", vec![bearer(&early)], "BAD_TOKEN"),
        Bad("a refresh token", vec![bearer(&session.refresh_token)], "BAD_TOKEN"),
        Bad("the token of an ended session", vec![bearer(&ended.access_token)], "SESSION_ENDED"),
        Bad("the token of a session that never was", vec![bearer(&nobody)], "SESSION_ENDED"),
        Bad("a good token twice", vec![bearer(&good), bearer(&good)], "BAD_TOKEN"),
        Bad("a good token after a bad one", vec![bearer("garbage"), bearer(&good)], "BAD_TOKEN"),
        Bad("another scheme", vec![format!("Basic {good}")], "BAD_TOKEN"),
        Bad("a token without a scheme", vec![good.clone()], "BAD_TOKEN"),
    ])
}
