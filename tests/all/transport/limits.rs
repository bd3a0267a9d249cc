//! Who calls too often is refused, in the framing of whatever it speaks, and nobody else notices.

use std::{num::NonZeroU32, time::Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use portal_client::pb;
use tenantry::config::Settings;
use tenantry_tests::{Harness, both};
use tonic::Code;

use super::wire::{Answer, Wire, behind_a_proxy, framed, plain, sign_in};

/// Five calls a second, and twenty at once, for one person; four times that for an address and an account.
fn few(settings: &mut Settings) {
    settings.calls_per_second = NonZeroU32::MIN.saturating_add(4);
}

const BURST: usize = 20;
const SESSION: &str = "/tenantry.v1.AuthService/GetSession";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

both! {
    async fn an_address_that_calls_too_often_is_refused_under_every_entry(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), few).await?;
        let wire = Wire::to(&h).await?;
        let empty = framed(&[]);
        let from = ("x-forwarded-for", "192.0.2.1");

        let grpc = [("content-type", "application/grpc"), ("te", "trailers"), from];
        let begun = Instant::now();
        let (answered, refusal) = until_refused(async || wire.post(HEALTH, &grpc, empty.clone()).await).await?;
        let most = BURST * 4 + (begun.elapsed().as_secs() as usize + 1) * BURST;
        ensure!((BURST * 4..=most).contains(&answered), "{answered} of {most}");
        // One frame of headers, and nothing after it.
        assert_eq!((refusal.http.as_u16(), refusal.code()), (200, Code::ResourceExhausted));
        ensure!(refusal.trailers.is_empty() && refusal.body.is_empty(), "{refusal:?}");
        ensure!(refusal.retry_after().is_some_and(|wait| !wait.is_zero()), "{refusal:?}");

        // The same bucket, whatever the entry; where a call got in in between, the next one does not.
        for (kind, body) in [("application/grpc-web+proto", empty.clone()), ("application/grpc-web-text", Bytes::from_static(b"AAAAAAA="))] {
            let web = [("content-type", kind), ("accept", kind), from];
            let begun = Instant::now();
            let (answered, refusal) = until_refused(async || wire.post(HEALTH, &web, body.clone()).await).await?;
            ensure!(answered < BURST * (2 + begun.elapsed().as_secs() as usize), "{answered}");
            ensure!(refusal.headers["content-type"].to_str()?.starts_with(&kind[..22]), "{refusal:?}");
            assert_eq!(refusal.code(), Code::ResourceExhausted);
            ensure!(refusal.retry_after().is_some(), "{refusal:?}");
            let request = format!(
                "POST {HEALTH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\nx-forwarded-for: 192.0.2.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{}",
                body.len(),
                str::from_utf8(&body)?
            );
            let mut told = String::new();
            for _ in 0..BURST * 2 {
                told = plain(&h, request.as_bytes()).await?;
                if told.contains("grpc-status: 8") {
                    break;
                }
            }
            ensure!(told.starts_with("HTTP/1.1 200 ") && told.contains("grpc-status: 8\r\n"), "{told}");
        }
        let (_, refusal) = until_refused(async || wire.send("GET", "/healthz", &[from], Bytes::new()).await).await?;
        assert_eq!(refusal.http.as_u16(), 429);
        ensure!(refusal.headers["retry-after"].to_str()?.parse::<u32>()? >= 1);

        // Somebody else is served.
        let other = [("x-forwarded-for", "192.0.2.2"), ("content-type", "application/grpc"), ("te", "trailers")];
        assert_eq!(wire.post(HEALTH, &other, empty).await?.code(), Code::Ok);
        // What the client says itself is not believed: the proxy has written who it is.
        let spoofed = [("x-forwarded-for", "192.0.2.77, 192.0.2.1")];
        let begun = Instant::now();
        let (answered, _) = until_refused(async || wire.send("GET", "/healthz", &spoofed, Bytes::new()).await).await?;
        ensure!(answered < BURST * (2 + begun.elapsed().as_secs() as usize), "{answered}");
        Ok(())
    }

    /// Whose credential is none is counted before it is looked at.
    async fn an_address_with_a_bad_credential_is_refused_too(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), few).await?;
        let wire = Wire::to(&h).await?;
        let headers = [("content-type", "application/grpc"), ("te", "trailers"), ("authorization", "Bearer none"), ("x-forwarded-for", "192.0.2.1")];
        let begun = Instant::now();
        let (answered, refusal) = until_refused(async || wire.post(SESSION, &headers, framed(&[])).await).await?;
        let most = BURST * 4 + (begun.elapsed().as_secs() as usize + 1) * BURST;
        ensure!((BURST * 4..=most).contains(&answered), "{answered} of {most}");
        assert_eq!(refusal.code(), Code::ResourceExhausted);
        Ok(())
    }

    /// Nobody in front of the server is trusted: whoever calls may name as many addresses as it likes.
    async fn an_address_that_calls_itself_others_is_refused_all_the_same(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |settings| {
            few(settings);
            settings.trusted_proxies.clear();
        }).await?;
        let wire = Wire::to(&h).await?;
        for (header, before) in [("x-forwarded-for", ""), ("forwarded", "for=")] {
            let begun = Instant::now();
            let mut at = 0;
            let (answered, refusal) = until_refused(async || {
                at += 1;
                wire.send("GET", "/healthz", &[(header, &format!("{before}192.0.2.{at}"))], Bytes::new()).await
            }).await?;
            let most = BURST * 4 + (begun.elapsed().as_secs() as usize + 1) * BURST;
            ensure!(refusal.http.as_u16() == 429 && answered <= most, "{answered} of {most}: {refusal:?}");
        }
        Ok(())
    }

    async fn a_person_and_an_account_are_limited_wherever_they_call_from(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), few).await?;
        let wire = Wire::to(&h).await?;
        let (nord, sued) = (h.reseller("nord").await?, h.reseller("sued").await?);
        let mut tokens = Vec::new();
        for number in 0..7 {
            let agent = if number < 6 { nord.agent().await? } else { sued.agent().await? };
            let mut request = sign_in(&agent.session().and_then(|s| s.user).context("signed in")?.email, tenantry_tests::PASSWORD);
            request.portal = pb::Portal::Reseller.into();
            let answer = wire.call(super::wire::SIGN_IN, &request, &format!("198.51.100.{number}"), "").await?;
            let session: pb::Session = prost::Message::decode(answer.body.get(5..).context("a session")?)?;
            tokens.push(session.access_token);
        }
        let request = pb::GetSessionRequest {};
        let mut place = 0;
        // Each call from another address.
        let mut call = async |token: &str| {
            place += 1;
            wire.call(SESSION, &request, &format!("203.0.113.{}", place % 250), token).await
        };
        let (mut answered, begun) = (0, Instant::now());
        for (number, token) in tokens[..6].iter().enumerate() {
            let mut own = 0;
            while own < BURST * 3 {
                let answer = call(token).await?;
                if answer.code() != Code::Ok {
                    assert_eq!(answer.code(), Code::ResourceExhausted);
                    ensure!(answer.retry_after().is_some(), "{answer:?}");
                    break;
                }
                own += 1;
            }
            ensure!(own < BURST * 3, "nobody stops the person {number}");
            answered += own;
        }
        // Six people had 120 between them, and more with each second, of which the account lets 80 pass, and 20 more with each second.
        let most = BURST * 4 + (begun.elapsed().as_secs() as usize + 1) * BURST;
        ensure!((BURST * 4..=most).contains(&answered), "{answered} of {most}");
        assert_eq!(call(&tokens[6]).await?.code(), Code::Ok);
        h.master().list_plans(pb::ListPlansRequest::default()).await?;
        Ok(())
    }

    /// It may be in strange hands.
    async fn the_token_of_an_ended_session_takes_nothing_from_its_owner(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), few).await?;
        let wire = Wire::to(&h).await?;
        let agent = h.reseller("left").await?.agent().await?;
        let mut request = sign_in(&agent.session().and_then(|s| s.user).context("signed in")?.email, tenantry_tests::PASSWORD);
        request.portal = pb::Portal::Reseller.into();
        let mut tokens = Vec::new();
        for from in ["198.51.100.1", "198.51.100.2"] {
            let answer = wire.call(super::wire::SIGN_IN, &request, from, "").await?;
            let session: pb::Session = prost::Message::decode(answer.body.get(5..).context("a session")?)?;
            tokens.push(session.access_token);
        }
        let [ended, own] = &tokens[..] else { anyhow::bail!("two sessions") };
        let out = wire.call("/tenantry.v1.AuthService/SignOut", &pb::SignOutRequest {}, "198.51.100.3", ended).await?;
        assert_eq!(out.code(), Code::Ok);
        for place in 0..BURST * 5 {
            let answer = wire.call(SESSION, &pb::GetSessionRequest {}, &format!("203.0.113.{place}"), ended).await?;
            assert_eq!(answer.code(), Code::Unauthenticated);
        }
        assert_eq!(wire.call(SESSION, &pb::GetSessionRequest {}, "198.51.100.4", own).await?.code(), Code::Ok);
        Ok(())
    }
}

/// How many calls in a row are answered, and the refusal that follows.
async fn until_refused(mut call: impl AsyncFnMut() -> Result<Answer>) -> Result<(usize, Answer)> {
    for answered in 0..BURST * 50 {
        let answer = call().await?;
        let refused =
            answer.http.as_u16() == 429 || (answer.headers.contains_key("content-type") && answer.code() == Code::ResourceExhausted);
        if refused {
            return Ok((answered, answer));
        }
    }
    anyhow::bail!("never refused")
}
