//! Bad credential by RPC: UNAUTHENTICATED before anything else is looked at.

use anyhow::{Result, ensure};
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use portal_client::{Code, pb};
use tenantry::{auth::Claims, id::*, identity::session::entity::Portal};
use tenantry_tests::{Harness, both};

use super::{
    contract::rpcs,
    raw::{GARBAGE, Wire},
    world::sign_in,
};

/// A name, the `authorization` headers, and the reason that the server gives.
struct Bad(&'static str, Vec<String>, &'static str);

both! {
    async fn every_rpc_refuses_a_bad_credential(h: Harness) -> Result<()> {
        let wire = Wire::to(&h)?;
        let bad = bad_credentials(&h).await?;
        let mut wrong = Vec::new();
        let public = ["SignIn", "RefreshSession", "CreateFirstAdmin", "GetInvitation", "AcceptInvitation"];
        let mut paths: Vec<_> = rpcs()?.into_iter().filter(|r| !public.contains(&r.method.name())).map(|r| r.path).collect();
        paths.extend(["AuthService", "MasterAdminService", "TenantAdminService", "ResellerService"].map(|s| format!("/tenantry.v1.{s}/NoMethod")));
        for path in &paths {
            let mut seen = None;
            for Bad(name, headers, reason) in &bad {
                let answer = wire.call_path(path, false, GARBAGE, headers).await?;
                // These are the vendor's tokens: other portals refuse them for that already.
                let own = path.contains("AuthService") || path.contains("MasterAdminService");
                if answer.code != Code::Unauthenticated || (own && answer.reason() != *reason) {
                    wrong.push(format!("{path} with {name}: {}, not {reason}", answer.short()));
                }
                // The same words for the same reason, whatever is called.
                if *name == "none" {
                    seen = Some(answer);
                }
            }
            let first = wire.call_path(&paths[0], false, GARBAGE, &[]).await?;
            ensure!(seen.as_ref() == Some(&first), "{path} refuses in other words than {}:\n{seen:?}\n{first:?}", paths[0]);
        }
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }

    async fn a_token_is_no_good_in_another_portal(h: Harness) -> Result<()> {
        let wire = Wire::to(&h)?;
        let tenant = h.tenant("audience").await?;
        let reseller = h.reseller("audience").await?;
        let mut wrong = Vec::new();
        for client in [h.admin(), tenant.admin(), reseller.admin()] {
            let session = sign_in(&h, client).await?;
            for rpc in rpcs()?.iter().filter(|rpc| rpc.portal().is_some_and(|portal| portal != session.portal())) {
                let answer = wire.call_as(rpc, GARBAGE, &session.access_token).await?;
                if answer.reason() != "BAD_TOKEN" {
                    wrong.push(format!("{} with a token for {:?}: {}", rpc.name(), session.portal(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }

    async fn a_public_rpc_does_not_look_at_the_credential(h: Harness) -> Result<()> {
        let wire = Wire::to(&h)?;
        for rpc in rpcs()?.iter().filter(|rpc| ["SignIn", "RefreshSession", "CreateFirstAdmin", "GetInvitation", "AcceptInvitation"].contains(&rpc.method.name())) {
            let without = wire.call(rpc, Bytes::new(), &[]).await?;
            let with = wire.call_as(rpc, Bytes::new(), "garbage").await?;
            assert_eq!(with, without, "{}", rpc.name());
            assert_ne!(without.code, Code::Ok, "{}", rpc.name());
        }
        Ok(())
    }
}

async fn bad_credentials(h: &Harness) -> Result<Vec<Bad>> {
    let bearer = |token: &str| format!("Bearer {token}");
    let session = sign_in(h, h.admin()).await?;
    let good = session.access_token.clone();
    let ended = sign_in(h, h.admin()).await?;
    let out = pb::SignOutRequest {};
    let leaving = h.anybody(pb::Portal::Master);
    leaving.begin(ended.clone());
    leaving.auth().sign_out(out).await?;

    let tokens = &h.running.app.tokens;
    let Claims { sid, mid, .. } = tokens.check(&good, &[Portal::Master.service()])?;
    let (expired, _) = tokens.issue(UserId::new(), sid, mid, Portal::Master, Utc::now() - TimeDelta::hours(1))?;
    let (early, _) = tokens.issue(UserId::new(), sid, mid, Portal::Master, Utc::now() + TimeDelta::hours(1))?;
    let (nobody, _) = tokens.issue(UserId::new(), SessionId::new(), MembershipId::new(), Portal::Master, Utc::now())?;
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
