//! Guessing at passwords and links: whoever is wrong too often waits; the owner gets in.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use portal_client::{Client, Code as Refusal, pb};
use prost::Message;
use tenantry_tests::{ADMIN, Database, Harness, PASSWORD, Process, Refused, Site, both, run};
use tonic::Code;

use super::wire::{Answer, SIGN_IN, Wire, behind_a_proxy, framed, sign_in};

/// How many wrong guesses an address has at one login, and all addresses together.
const AT_ONE_LOGIN: usize = 10;
const FROM_EVERYWHERE: usize = 100;

const INSPECT: &str = "/tenantry.v1.AuthService/GetInvitation";
const REFRESH: &str = "/tenantry.v1.AuthService/RefreshSession";

async fn guess(wire: &Wire, from: &str, email: &str, password: &str) -> Result<Answer> {
    wire.call(SIGN_IN, &sign_in(email, password), from, "").await
}

both! {
    async fn wrong_passwords_end_in_a_wait_for_that_address_only(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |_| ()).await?;
        let wire = Wire::to(&h).await?;
        let spellings = ["ada@vendor.example", "ADA@vendor.example", " ada@Vendor.example ", "Ada@VENDOR.EXAMPLE"];
        for attempt in 0..AT_ONE_LOGIN + 5 {
            let email = spellings[attempt % spellings.len()];
            let known = guess(&wire, "192.0.2.1", email, "wrong password").await?;
            let unknown = guess(&wire, "192.0.2.1", &email.replace(['a', 'A'], "e"), "wrong password").await?;
            let expected = if attempt < AT_ONE_LOGIN { Code::Unauthenticated } else { Code::ResourceExhausted };
            assert_eq!(known.code(), expected, "attempt {attempt}: {known:?}");
            if attempt < AT_ONE_LOGIN {
                assert_eq!(known.face(), unknown.face());
            } else {
                // But for the seconds that passed in between.
                assert_eq!((known.code(), known.status().message()), (unknown.code(), unknown.status().message()));
                ensure!(known.retry_after().is_some_and(|wait| wait > Duration::from_secs(15) && wait < Duration::from_secs(60)), "{known:?}");
            }
        }
        // The right one is not looked at either, but from elsewhere it is.
        assert_eq!(guess(&wire, "192.0.2.1", ADMIN, PASSWORD).await?.code(), Code::ResourceExhausted);
        assert_eq!(guess(&wire, "192.0.2.2", ADMIN, PASSWORD).await?.code(), Code::Ok);
        assert_eq!(guess(&wire, "192.0.2.1", "somebody@else.example", "wrong password").await?.code(), Code::Unauthenticated);
        Ok(())
    }

    async fn a_right_password_ends_the_count(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |_| ()).await?;
        let wire = Wire::to(&h).await?;
        for _ in 0..3 {
            for _ in 0..AT_ONE_LOGIN - 1 {
                assert_eq!(guess(&wire, "192.0.2.1", ADMIN, "wrong password").await?.code(), Code::Unauthenticated);
            }
            assert_eq!(guess(&wire, "192.0.2.1", ADMIN, PASSWORD).await?.code(), Code::Ok);
        }
        Ok(())
    }

    async fn many_guesses_at_once_are_no_more_than_one_after_the_other(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |_| ()).await?;
        let wire = Wire::to(&h).await?;
        let guesses = (0..25).map(|_| guess(&wire, "192.0.2.1", ADMIN, "wrong password"));
        let answers = try_join_all(guesses).await?;
        let with = |code| answers.iter().filter(|answer| answer.code() == code).count();
        assert_eq!((with(Code::Unauthenticated), with(Code::ResourceExhausted)), (AT_ONE_LOGIN, 25 - AT_ONE_LOGIN));
        Ok(())
    }

    /// Who hangs up while a password is looked at has guessed all the same.
    async fn guesses_that_are_given_up_count_as_well(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |_| ()).await?;
        let wire = Wire::to(&h).await?;
        let message = framed(&sign_in(ADMIN, "wrong password").encode_to_vec());
        let headers = [("content-type", "application/grpc"), ("te", "trailers"), ("x-forwarded-for", "192.0.2.1"), ("grpc-timeout", "10m")];
        for _ in 0..AT_ONE_LOGIN + 5 {
            let answer = wire.post(SIGN_IN, &headers, message.clone()).await?;
            ensure!([Code::DeadlineExceeded, Code::ResourceExhausted].contains(&answer.code()), "{answer:?}");
        }
        // Each is looked at to its end.
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(guess(&wire, "192.0.2.1", ADMIN, PASSWORD).await?.code(), Code::ResourceExhausted);
        Ok(())
    }

    async fn guesses_from_everywhere_do_not_keep_the_owner_out(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |_| ()).await?;
        let wire = Wire::to(&h).await?;
        let home = "2001:db8:0:1::5";
        assert_eq!(guess(&wire, home, ADMIN, PASSWORD).await?.code(), Code::Ok);
        // The admin last: what is refused below is refused for half a minute only.
        for email in ["nobody@vendor.example", ADMIN] {
            for attempt in 0..FROM_EVERYWHERE {
                let answer = guess(&wire, &format!("192.0.2.{}", attempt / 5), email, "wrong password").await?;
                assert_eq!(answer.code(), Code::Unauthenticated, "{email}, {attempt}");
            }
            let answer = guess(&wire, "198.51.100.1", email, PASSWORD).await?;
            assert_eq!(answer.code(), Code::ResourceExhausted, "{email}");
        }
        // Another machine in the network at home; and one that is not.
        assert_eq!(guess(&wire, "2001:db8:0:1::77", ADMIN, "wrong password").await?.code(), Code::Unauthenticated);
        assert_eq!(guess(&wire, "2001:db8:0:1::77", ADMIN, PASSWORD).await?.code(), Code::Ok);
        assert_eq!(guess(&wire, "2001:db8:0:2::5", ADMIN, PASSWORD).await?.code(), Code::ResourceExhausted);
        Ok(())
    }

    async fn an_address_that_tries_everything_has_to_wait(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |settings| settings.wrong_guesses_per_hour = 8).await?;
        let wire = Wire::to(&h).await?;
        let from = "192.0.2.1";
        let good = guess(&wire, from, ADMIN, PASSWORD).await?;
        let session: pb::Session = prost::Message::decode(good.body.get(5..).context("a session")?)?;
        for attempt in 0..4 {
            let link = pb::GetInvitationRequest { token: format!("made up {attempt}") };
            assert_eq!(wire.call(INSPECT, &link, from, "").await?.code(), Code::NotFound);
            assert_eq!(wire.call(REFRESH, &refresh("made up"), from, "").await?.code(), Code::Unauthenticated);
        }
        let link = pb::GetInvitationRequest { token: "made up".into() };
        assert_eq!(wire.call(INSPECT, &link, from, "").await?.code(), Code::ResourceExhausted);
        assert_eq!(wire.call(REFRESH, &refresh("made up"), from, "").await?.code(), Code::ResourceExhausted);
        // Passwords are counted apart: what costs nothing to make up keeps nobody from signing in.
        for attempt in 0..8 {
            let email = format!("somebody-{attempt}@vendor.example");
            assert_eq!(guess(&wire, from, &email, "wrong password").await?.code(), Code::Unauthenticated, "{attempt}");
        }
        assert_eq!(guess(&wire, from, ADMIN, PASSWORD).await?.code(), Code::ResourceExhausted);
        // Who is signed in there already goes on, and elsewhere nothing has happened.
        assert_eq!(wire.call(REFRESH, &refresh(&session.refresh_token), from, "").await?.code(), Code::Ok);
        assert_eq!(guess(&wire, "192.0.2.2", ADMIN, PASSWORD).await?.code(), Code::Ok);
        Ok(())
    }

    async fn who_holds_a_session_cannot_guess_its_password(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |_| ()).await?;
        let staff = h.staff(pb::Role::MasterViewer).await?;
        let change = |current: &str| pb::ChangePasswordRequest {
            current_password: current.into(),
            new_password: "another password 2".into(),
        };
        for _ in 0..AT_ONE_LOGIN {
            let wrong = staff.auth().change_password(change("wrong password")).await;
            assert_eq!(wrong.violations()?, ["current_password"]);
        }
        let refused = staff.auth().change_password(change(PASSWORD)).await;
        ensure!(refused.refused(Refusal::ResourceExhausted)?.retry_after.is_some());
        Ok(())
    }

    /// The quickest of a few each: whatever else the machine does makes single answers slower.
    async fn an_unknown_login_takes_as_long_as_a_wrong_password(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |_| ()).await?;
        let wire = Wire::to(&h).await?;
        let mut quickest = [Duration::MAX; 2];
        for attempt in 0..AT_ONE_LOGIN - 1 {
            for (email, best) in [ADMIN, "nobody@vendor.example"].into_iter().zip(&mut quickest) {
                let begun = Instant::now();
                let answer = guess(&wire, &format!("192.0.2.{attempt}"), email, "wrong password").await?;
                *best = begun.elapsed().min(*best);
                assert_eq!(answer.code(), Code::Unauthenticated);
            }
        }
        let [known, unknown] = quickest;
        // Without a hash it would take a tenth.
        ensure!(known < unknown * 4 && unknown < known * 4, "{known:?} and {unknown:?}");
        Ok(())
    }
}

fn refresh(token: &str) -> pb::RefreshSessionRequest {
    pb::RefreshSessionRequest {
        portal: pb::Portal::Master.into(),
        refresh_token: token.into(),
        ..Default::default()
    }
}

#[test]
fn two_servers_count_together_and_a_wait_has_an_end_postgres() -> Result<()> {
    run(Database::Postgres, async |h| {
        let here = Site::new(h.database()).await?;
        let there = here.beside()?;
        let (first, second) = (here.start("").await?, there.start("").await?);
        let try_at = async |server: &Process, password: &str| {
            let client = Client::new(&server.origin, pb::Portal::Master, |_| ());
            client.auth().sign_in(sign_in(ADMIN, password)).await
        };
        for attempt in 0..AT_ONE_LOGIN {
            let server = [&first, &second][attempt % 2];
            try_at(server, "wrong password").await.refused(Refusal::Unauthenticated)?;
        }
        for server in [&first, &second] {
            try_at(server, PASSWORD).await.refused(Refusal::ResourceExhausted)?;
        }
        here.write("UPDATE wrong_guess SET locked_until = guessed_at").await?;
        try_at(&second, PASSWORD).await?;
        Ok(())
    })
}
