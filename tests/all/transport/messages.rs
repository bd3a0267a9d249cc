//! Messages, heads and framings that lie: each gets a clean refusal, and whoever calls next is served.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use portal_client::pb;
use prost::Message;
use tenantry_tests::{ADMIN, Harness, PASSWORD, both};
use tonic::Code;

use super::wire::{Answer, SIGN_IN, Wire, framed, plain, sign_in};

const LIST: &str = "/tenantry.v1.MasterAdminService/ListPlans";
const GRPC: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];

/// A frame that says what it likes of itself.
fn frame(flag: u8, length: u32, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(flag);
    frame.put_u32(length);
    frame.put(message);
    frame.freeze()
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    Ok(packed.finish()?)
}

/// A refusal of gRPC that names the caller's fault, or what is not supported.
fn is_clean(answer: &Answer) -> bool {
    let faults = [
        Code::InvalidArgument,
        Code::OutOfRange,
        Code::ResourceExhausted,
        Code::Unimplemented,
    ];
    answer.http.as_u16() == 200 && faults.contains(&answer.code()) && answer.body.is_empty()
}

async fn admin_token(wire: &Wire) -> Result<String> {
    let answer = wire.call(SIGN_IN, &sign_in(ADMIN, PASSWORD), "", "").await?;
    let session: pb::Session = Message::decode(answer.body.get(5..).context("a session")?)?;
    Ok(session.access_token)
}

both! {
    /// All its questions are one call, and each is answered with a file: a client asks a few.
    async fn reflection_answers_a_few_questions_and_no_more(h: Harness) -> Result<()> {
        let wire = Wire::to(&h).await?;
        // `file_containing_symbol`.
        let symbol = "tenantry.v1.ResellerService";
        let question = framed(&[&[0x22, symbol.len() as u8], symbol.as_bytes()].concat());
        for service in ["v1", "v1alpha"] {
            let path = format!("/grpc.reflection.{service}.ServerReflection/ServerReflectionInfo");
            let few = wire.post(&path, &GRPC, question.repeat(50).into()).await?;
            ensure!(few.code() == Code::Ok && few.body.len() > 50 * 1000, "{:?} {}", few.status(), few.body.len());
            let many = wire.post(&path, &GRPC, question.repeat(1000).into()).await?;
            ensure!(many.body.len() < few.body.len() * 10, "{:?} {}", many.status(), many.body.len());
        }
        Ok(())
    }

    async fn a_message_that_lies_is_refused(h: Harness) -> Result<()> {
        let wire = Wire::to(&h).await?;
        let bearer = format!("Bearer {}", admin_token(&wire).await?);
        let good = pb::ListPlansRequest { page_size: 1, ..Default::default() }.encode_to_vec();
        let length = good.len() as u32;
        // A kilobyte that would be a megabyte.
        let bomb = gzip(&vec![b' '; 1024 * 1024])?;
        let bodies = [
            ("as it should be", framed(&good)),
            ("longer than any may be", frame(0, 5 * 1024 * 1024, &good)),
            ("longer than there is", frame(0, u32::MAX, &good)),
            ("too long indeed", framed(&vec![0; 300 * 1024])),
            ("a byte is missing", frame(0, length + 1, &good)),
            ("a byte too many", frame(0, length - 1, &good)),
            ("half a head", Bytes::from_static(&[0, 0, 0])),
            ("nothing", Bytes::new()),
            ("compressed, it says", frame(1, length, &good)),
            ("an unknown flag", frame(2, length, &good)),
            ("the flag of a trailer", frame(0x80, length, &good)),
            ("a bomb", frame(1, bomb.len() as u32, &bomb)),
            ("garbage", framed(&[0xff; 32])),
            ("text", Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n")),
        ];
        for (what, body) in bodies {
            let mut headers = GRPC.to_vec();
            headers.push(("authorization", &bearer));
            let answer = wire.post(LIST, &headers, body.clone()).await.with_context(|| what.to_owned())?;
            let is_good = what == "as it should be";
            assert_eq!(answer.code() == Code::Ok, is_good, "{what}: {answer:?}");
            ensure!(is_good || is_clean(&answer), "{what}: {answer:?}");
            // The same in the framing of browsers.
            let mut headers = vec![("content-type", "application/grpc-web+proto"), ("authorization", bearer.as_str())];
            let answer = wire.post(LIST, &headers, body.clone()).await.with_context(|| what.to_owned())?;
            assert_eq!(told(&answer) == Code::Ok, is_good, "{what}: {answer:?}");
            // We take nothing compressed.
            for encoding in ["gzip", "deflate", "zstd", "nonsense"] {
                headers.truncate(2);
                headers[0].1 = "application/grpc";
                headers.push(("grpc-encoding", encoding));
                let answer = wire.post(LIST, &headers, body.clone()).await?;
                assert_eq!(answer.code(), Code::Unimplemented, "{what} as {encoding}: {answer:?}");
            }
        }
        ensure!(wire.call(LIST, &pb::ListPlansRequest::default(), "", bearer.trim_start_matches("Bearer ")).await?.code() == Code::Ok);
        Ok(())
    }

    async fn a_malformed_body_of_a_browser_is_refused(h: Harness) -> Result<()> {
        let wire = Wire::to(&h).await?;
        let token = admin_token(&wire).await?;
        let bearer = format!("Bearer {token}");
        for (body, is_good) in [
            ("AAAAAAA=", true),
            ("AAAA", false),
            ("AAAAAAA", false),
            ("!!!!", false),
            ("AAAAAAA=AAAAAAA=", false),
            ("AA==AAAA", false),
            ("gAAAAAA=", false),
            ("AP////8=", false),
        ] {
            let headers = [("content-type", "application/grpc-web-text"), ("accept", "application/grpc-web-text"), ("authorization", &bearer)];
            let answer = wire.post(LIST, &headers, Bytes::from_static(body.as_bytes())).await?;
            ensure!(answer.http.as_u16() == 200, "{body}: {answer:?}");
            if is_good {
                ensure!(answer.headers.get("grpc-status").is_none_or(|status| status == "0") && !answer.body.is_empty(), "{body}: {answer:?}");
            } else {
                ensure!(told(&answer) != Code::Ok, "{body}: {answer:?}");
            }
        }
        Ok(())
    }

    async fn a_kind_that_is_none_gets_no_page_and_no_answer(h: Harness) -> Result<()> {
        let wire = Wire::to(&h).await?;
        let bearer = format!("Bearer {}", admin_token(&wire).await?);
        let body = framed(&[]);
        for kind in ["application/json", "text/html", "application/grpc-web+thrift", "application/grpc+json", "application/grpc-nonsense", "application/x-protobuf", "", "application/octet-stream"] {
            let answer = wire.post(LIST, &[("content-type", kind), ("authorization", &bearer)], body.clone()).await?;
            ensure!(answer.http.is_client_error() || answer.status().code() != Code::Ok, "{kind}: {answer:?}");
            ensure!(!answer.body.starts_with(b"<"), "{kind}: {answer:?}");
        }
        for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "NONSENSE"] {
            let headers = [GRPC[0], GRPC[1], ("authorization", bearer.as_str())];
            let answer = wire.send(method, LIST, &headers, Bytes::new()).await?;
            ensure!(answer.http.is_client_error() || answer.code() != Code::Ok, "{method}: {answer:?}");
        }
        // gRPC needs HTTP/2.
        let told = plain(&h, format!("POST {LIST} HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n").as_bytes()).await?;
        ensure!(told.starts_with("HTTP/1.1 400 "), "{told}");
        Ok(())
    }

    async fn two_credentials_are_none_whatever_the_framing(h: Harness) -> Result<()> {
        let wire = Wire::to(&h).await?;
        let token = admin_token(&wire).await?;
        let (bearer, joined) = (format!("Bearer {token}"), format!("Bearer {token}, Bearer {token}"));
        for kind in ["application/grpc", "application/grpc-web+proto"] {
            for credentials in [vec![bearer.as_str(), bearer.as_str()], vec!["Bearer garbage", &bearer], vec![&joined]] {
                let mut headers = vec![("content-type", kind), ("te", "trailers")];
                headers.extend(credentials.iter().map(|value| ("authorization", *value)));
                let answer = wire.post(LIST, &headers, framed(&[])).await?;
                assert_eq!(answer.code(), Code::Unauthenticated, "{kind}: {answer:?}");
            }
        }
        let request = format!(
            "POST {LIST} HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web\r\nauthorization: {bearer}\r\nauthorization: {bearer}\r\nconnection: close\r\ncontent-length: 5\r\n\r\n\0\0\0\0\0"
        );
        let told = plain(&h, request.as_bytes()).await?;
        ensure!(told.contains("grpc-status: 16"), "{told}");
        Ok(())
    }

    async fn a_head_that_is_too_big_is_refused(h: Harness) -> Result<()> {
        let wire = Wire::to(&h).await?;
        let long = "x".repeat(20 * 1024);
        let many: Vec<String> = (0..2000).map(|number| format!("x-{number}")).collect();
        let one = [GRPC[0], GRPC[1], ("x-long", long.as_str())];
        let all: Vec<_> = GRPC.into_iter().chain(many.iter().map(|name| (name.as_str(), "x"))).collect();
        for headers in [one.to_vec(), all] {
            match Wire::to(&h).await?.post(LIST, &headers, framed(&[])).await {
                Ok(answer) => ensure!(answer.http.is_client_error() || answer.code() == Code::ResourceExhausted, "{answer:?}"),
                // Or the connection ends; not this test's.
                Err(error) => ensure!(!format!("{error:#}").contains("in time"), "{error:#}"),
            }
        }
        for request in [
            format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(100 * 1024)),
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(100 * 1024)),
            format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(3000)),
            "GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!".into(),
            "GET /healthz HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".into(),
            "GET /healthz HTTP/9.9\r\n\r\n".into(),
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n".into(),
        ] {
            let told = plain(&h, request.as_bytes()).await.unwrap_or_default();
            let is_refused = told.is_empty() || told.starts_with("HTTP/1.1 4");
            let is_healthy = told.starts_with("HTTP/1.1 200 ") && request.contains("chunked");
            ensure!(is_refused || is_healthy, "{told} to {}", &request[..60]);
        }
        ensure!(wire.send("GET", "/healthz", &[], Bytes::new()).await?.http.is_success());
        Ok(())
    }
}

/// The status that a browser is told: in the head, or in the last frame of the body.
fn told(answer: &Answer) -> Code {
    let status = |text: &str| {
        text.split("grpc-status:")
            .nth(1)?
            .trim_start()
            .split(['\r', '\n'])
            .next()?
            .parse::<i32>()
            .ok()
    };
    let head = answer
        .headers
        .get("grpc-status")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let body = String::from_utf8_lossy(&answer.body);
    head.or_else(|| status(&body)).map_or(Code::Unknown, Code::from)
}
