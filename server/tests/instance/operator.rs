//! What whoever runs it meets: probes, counters, logs, settings, limits.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tenantry::shim::client::{self, Presence};
use tenantry::shim::sample;
use tenantry::shim::spec::Spec;

use super::browser::{Instance, PASSWORD, TENANTRY, command, environment, exchange, free_address};

#[tokio::test]
async fn probes_answer_and_counters_count() {
    let mut isp = Instance::start();
    assert_eq!(isp.get("/healthz").body, "ok");
    assert_eq!(isp.get("/readyz").status, 200);
    let before = sample::traffic(isp.address).await.unwrap();
    assert_eq!((before.requests, before.request_bytes, before.response_bytes), (0, 0, 0));
    let page = isp.get("/");
    assert_eq!(isp.sign_in(PASSWORD).status, 303);
    isp.add("Ada", "ada@isp.example");
    let after = sample::traffic(isp.address).await.unwrap();
    assert_eq!(
        (after.requests, after.failures, after.started_at_millis),
        (5, 0, before.started_at_millis)
    );
    assert!(after.request_bytes > 500, "{after:?}");
    assert!(after.response_bytes > page.body.len() as u64 * 3, "{after:?}");
    let text = isp.get("/metrics").body;
    assert!(
        text.contains("tenantry_instance_requests_total{method=\"POST\",status=\"3xx\"} 2"),
        "{text}"
    );
    assert!(text.contains("tenantry_instance_subscribers 1"), "{text}");
    // Another process counts from zero and says so.
    isp.stop();
    isp.resume(|_| {});
    let again = sample::traffic(isp.address).await.unwrap();
    assert!(again.requests == 0 && again.started_at_millis > after.started_at_millis);
}

#[tokio::test]
async fn it_is_unhealthy_when_the_database_does_not_answer() {
    let mut isp = Instance::start();
    // What a broken tool may do to the file.
    let options = SqliteConnectOptions::new().filename(isp.data.path().join("isp.db"));
    let mut tool = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("DROP TABLE schema_step; DROP TABLE session")
        .execute(&mut tool)
        .await
        .unwrap();
    assert_eq!(isp.get("/healthz").status, 503);
    assert_eq!(isp.get("/readyz").status, 503);
    isp.cookie = format!("isp_harbour={}", "0".repeat(64));
    let failed = isp.get("/");
    assert!(failed.status == 500 && failed.body.contains("Something went wrong") && !failed.body.contains("session"));
    let log = String::from_utf8(isp.stop().stdout).unwrap();
    assert!(log.contains("no such table: session") && log.contains("GET /healthz 503"), "{log}");
}

#[test]
fn logs_have_one_line_per_request_and_no_secret() {
    let mut isp = Instance::start();
    isp.sign_in("a wrong secret");
    isp.sign_in(PASSWORD);
    isp.get("/subscribers?q=somebody");
    isp.get("/healthz");
    let key = isp.cookie.split('=').nth(1).unwrap().to_owned();
    let ended = isp.stop();
    assert_eq!(ended.status.code(), Some(0));
    let log = String::from_utf8(ended.stdout).unwrap();
    let requests: Vec<&str> = log.lines().filter(|line| line.contains(" ms")).collect();
    assert_eq!(requests.len(), 5, "{log}");
    assert!(
        requests[1].contains("POST /login 401 ") && requests[4].contains("GET /subscribers 200 "),
        "{log}"
    );
    for secret in ["a wrong secret", "wrong%20secret", PASSWORD, &key, "argon2id", "somebody"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    assert!(ended.stderr.is_empty());
}

#[test]
fn it_ends_within_five_seconds_of_sigterm() {
    let mut isp = Instance::start();
    // A client that never finishes its request.
    let mut slow = TcpStream::connect(isp.address).unwrap();
    slow.write_all(
        b"POST /login HTTP/1.1\r\nhost: isp\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nemail",
    )
    .unwrap();
    let _idle = TcpStream::connect(isp.address).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    assert_eq!(isp.stop().status.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn wrong_settings_are_named_and_end_it_with_2() {
    let data = tempfile::tempdir().unwrap();
    let mut environment = environment(data.path(), free_address());
    environment.remove("TENANTRY_INSTANCE_SLUG");
    environment.insert("TENANTRY_INSTANCE_PRIMARY_COLOR".into(), "blue".into());
    environment.insert("TENANTRY_INSTANCE_ADMIN_PASSWORD_HASH".into(), "hunter2".into());
    let ended = command(&environment).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let text = String::from_utf8(ended.stderr).unwrap();
    for name in [
        "SLUG is missing",
        "PRIMARY_COLOR has a wrong value",
        "ADMIN_PASSWORD_HASH has a wrong value",
    ] {
        assert!(text.contains(&format!("TENANTRY_INSTANCE_{name}")), "{text}");
    }
    assert!(text.lines().count() == 3 && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn it_runs_under_a_shim_within_its_limits() {
    let root = tempfile::tempdir().unwrap();
    let address = free_address();
    let run = root.path().join("run");
    std::fs::create_dir(&run).unwrap();
    let mut environment = environment(&root.path().join("data"), address);
    // As strong as a real one: checking a password takes some 20 MB.
    let hash = Argon2::default().hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    environment.insert("TENANTRY_INSTANCE_ADMIN_PASSWORD_HASH".into(), hash);
    let spec = Spec {
        program: TENANTRY.into(),
        args: vec!["instance".into()],
        env: environment,
        workdir: root.path().into(),
        log_dir: root.path().join("logs"),
        memory_limit_bytes: 64 << 20,
        max_open_files: 256,
        generation: 1,
        stop_timeout_seconds: 10,
        backoff_max_seconds: 60,
        backoff_reset_seconds: 60,
    };
    spec.write(&run).unwrap();
    client::spawn(Path::new(TENANTRY), &run).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "{:?}", tenantry::shim::log::tail(&spec.log_dir, 20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(exchange(address, "GET", "/healthz", "", "").body, "ok");
    let mut isp = Instance {
        process: None,
        address,
        data: root,
        cookie: String::new(),
    };
    for _ in 0..5 {
        isp.cookie.clear();
        assert_eq!(isp.sign_in(PASSWORD).status, 303);
    }
    let state = client::adopt(&run).await.unwrap().unwrap();
    let usage = sample::Processes::look().unwrap().usage(&state).unwrap();
    // Much of it is the program itself, which is large without optimisation.
    assert!(usage.resident_bytes < 96 << 20, "{usage:?}");
    client::stop(&run).await.unwrap();
    assert_eq!(client::absent(&run).unwrap(), Presence::Absent);
    let last = tenantry::shim::spec::State::read(&run).unwrap().unwrap();
    assert_eq!(last.last_exit().unwrap().code, Some(0));
    let log = tenantry::shim::log::read(&spec.log_dir, 0, 100).unwrap();
    assert!(log.iter().any(|line| line.text.contains("harbour listens at")), "{log:?}");
}
