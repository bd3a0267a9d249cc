//! The instance as a real process, seen through its port.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use argon2::password_hash::PasswordHasher;
use argon2::{Argon2, Params};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tenantry::shim::client::{self, Presence};
use tenantry::shim::sample;
use tenantry::shim::spec::Spec;

const TENANTRY: &str = env!("CARGO_BIN_EXE_tenantry");
const EMAIL: &str = "admin@harbour.example";
const PASSWORD: &str = "correct horse battery staple";

/// A whole and right environment.
fn environment(data: &Path, address: SocketAddr) -> BTreeMap<String, String> {
    let hash = Argon2::from(Params::new(64, 1, 1, None).unwrap())
        .hash_password(PASSWORD.as_bytes())
        .unwrap()
        .to_string();
    let values = [
        ("LISTEN", address.to_string()),
        ("DATA", data.to_str().unwrap().to_owned()),
        ("NAME", "Harbour <b>Net</b> & Co".to_owned()),
        ("PRIMARY_COLOR", "#0b7285".to_owned()),
        ("SLUG", "harbour".to_owned()),
        ("ADMIN_EMAIL", EMAIL.to_owned()),
        ("ADMIN_PASSWORD_HASH", hash),
        ("VERSION", "1.2.3".to_owned()),
        ("MAX_SUBSCRIBERS", "3".to_owned()),
    ];
    values
        .into_iter()
        .map(|(name, value)| (format!("TENANTRY_INSTANCE_{name}"), value))
        .collect()
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn command(environment: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(TENANTRY);
    command
        .arg("instance")
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A running instance and the browser that looks at it.
struct Instance {
    process: Option<Child>,
    address: SocketAddr,
    data: TempDir,
    cookie: String,
}

impl Instance {
    fn start() -> Self {
        let mut instance = Self {
            process: None,
            address: free_address(),
            data: tempfile::tempdir().unwrap(),
            cookie: String::new(),
        };
        instance.resume(|_| {});
        instance
    }

    fn resume(&mut self, change: impl FnOnce(&mut BTreeMap<String, String>)) {
        let mut environment = environment(self.data.path(), self.address);
        change(&mut environment);
        self.process = Some(command(&environment).spawn().unwrap());
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.address).is_err() {
            assert!(Instant::now() < deadline, "The instance does not listen.");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.as_ref().unwrap().id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Ends the process in order; what it printed.
    fn stop(&mut self) -> Output {
        self.signal(Signal::TERM);
        self.process.take().unwrap().wait_with_output().unwrap()
    }

    fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, "")
    }

    /// Sends a form with the key of the page that showed it.
    fn post(&mut self, path: &str, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        let mut body = format!("form_key={}", page.form_key());
        for (name, value) in fields {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            body += &format!("&{name}={value}");
        }
        self.send("POST", path, &body)
    }

    fn sign_in(&mut self, password: &str) -> Reply {
        let page = self.get("/login");
        self.post("/login", &page, &[("email", EMAIL), ("password", password)])
    }

    fn add(&mut self, name: &str, email: &str) -> Reply {
        let page = self.get("/subscribers/new");
        self.post("/subscribers", &page, &[("name", name), ("email", email), ("service", "Fibre 100")])
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let reply = exchange(self.address, method, path, &self.cookie, body);
        if let Some(cookie) = reply.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        reply
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().ok();
            process.wait().ok();
        }
    }
}

struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(found, _)| *found == name).map(|(_, value)| value))
    }

    fn form_key(&self) -> &str {
        self.body
            .split("name=\"form_key\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("The page has a form.")
    }
}

fn exchange(address: SocketAddr, method: &str, path: &str, cookie: &str, body: &str) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: harbour.localhost\r\ncookie: {cookie}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

#[test]
fn the_public_page_is_branded_escaped_and_locked_down() {
    let mut isp = Instance::start();
    let page = isp.get("/");
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("<h1>Harbour &lt;b&gt;Net&lt;/b&gt; &amp; Co</h1>") && !page.body.contains("<b>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("<html lang=\"en\">") && page.body.contains("href=\"/login\""));
    assert!(!page.body.contains("style=") && !page.body.contains("<script"));
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'; style-src 'self'")
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("set-cookie"), None);
    let style = page
        .body
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let style = isp.get(&style);
    assert!(style.body.contains("--primary:#0b7285;--ink:#ffffff"));
    assert!(style.header("cache-control").unwrap().contains("immutable"));
    assert!(isp.get("/icon.svg").body.contains(">H</text>"));
    for (path, status) in [("/nowhere", 404), ("/subscribers/x/y", 404)] {
        let page = isp.get(path);
        assert_eq!(page.status, status);
        assert!(page.body.contains("Page not found") && page.header("content-security-policy").is_some());
    }
    let refused = isp.send("PUT", "/login", "");
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET,HEAD,POST")));
}

#[test]
fn subscribers_are_kept_behind_a_sign_in_and_over_restarts() {
    let mut isp = Instance::start();
    for path in ["/subscribers", "/subscribers/new", "/subscribers/sbr_1/remove"] {
        let refused = isp.get(path);
        assert_eq!((refused.status, refused.header("location")), (303, Some("/login")), "{path}");
    }
    let wrong = isp.sign_in("wrong");
    assert_eq!(wrong.status, 401);
    assert!(wrong.body.contains("role=\"alert\"") && wrong.body.contains(EMAIL));
    let before = isp.cookie.clone();
    let right = isp.sign_in(PASSWORD);
    assert_eq!((right.status, right.header("location")), (303, Some("/subscribers")));
    let cookie = right.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("isp_harbour=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    assert_ne!(isp.cookie, before);
    assert!(isp.get("/subscribers").body.contains("No subscribers yet"));

    let wrong = isp.add("", "nobody");
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("2 fields need a correction.") && wrong.body.contains("value=\"nobody\""),
        "{}",
        wrong.body
    );
    assert_eq!(isp.add("Zoe <i>Z</i>", "zoe@isp.example").status, 303);
    assert_eq!(isp.add("Ada", "ada@isp.example").status, 303);
    assert_eq!(isp.add("Ada Again", "ADA@isp.example").status, 422);
    assert_eq!(isp.add("Max", "max@isp.example").status, 303);
    let full = isp.add("Over", "over@isp.example");
    assert!(full.status == 409 && full.body.contains("larger plan"));
    let found = isp.get("/subscribers?q=ZOE%40").body;
    assert!(found.contains("Zoe &lt;i&gt;Z&lt;/i&gt;") && !found.contains("ada@isp.example"));
    assert!(
        isp.get("/subscribers?q=%3Cscript%3E")
            .body
            .contains("Nobody matches “&lt;script&gt;”")
    );

    let listed = isp.get("/subscribers").body;
    assert!(listed.find("ada@isp.example") < listed.find("zoe@isp.example") && listed.contains("3 of 3"));
    let path = listed
        .split("href=\"")
        .find(|part| part.starts_with("/subscribers/sbr_"))
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let confirm = isp.get(path);
    assert!(confirm.body.contains("Remove Ada?"));
    assert!(isp.get("/subscribers").body.contains("ada@isp.example"), "Asking removes nobody.");
    assert_eq!(isp.post(path, &confirm, &[]).status, 303);
    assert_eq!(isp.post(path, &confirm, &[]).status, 404);

    // A hard end, and another environment: rows, session and the first password stay.
    isp.signal(Signal::KILL);
    isp.process.take().unwrap().wait().unwrap();
    isp.resume(|environment| {
        let hash = Argon2::default().hash_password(b"another").unwrap().to_string();
        environment.insert("TENANTRY_INSTANCE_ADMIN_PASSWORD_HASH".into(), hash);
    });
    let listed = isp.get("/subscribers").body;
    assert!(listed.contains("zoe@isp.example") && listed.contains("max@isp.example") && !listed.contains("ada@isp.example"));
    let signed_in = isp.cookie.clone();
    let page = isp.get("/subscribers");
    assert_eq!(isp.post("/logout", &page, &[]).status, 303);
    isp.cookie = signed_in;
    assert_eq!(isp.get("/subscribers").status, 303, "The key of an ended session is worth nothing.");
    isp.cookie.clear();
    assert_eq!(isp.sign_in("another").status, 401);
    assert_eq!(isp.sign_in(PASSWORD).status, 303);
}

#[test]
fn a_form_without_its_key_changes_nothing() {
    let mut isp = Instance::start();
    let body = format!("email={EMAIL}&password={PASSWORD}");
    assert_eq!(isp.send("POST", "/login", &body).status, 403);
    isp.get("/login");
    assert_eq!(isp.send("POST", "/login", &format!("{body}&form_key=00")).status, 403);
    assert_eq!(isp.sign_in(PASSWORD).status, 303);
    assert_eq!(isp.send("POST", "/subscribers", "name=A&email=a@isp.example&service=S").status, 403);
    assert_eq!(isp.send("POST", "/logout", "").status, 403);
    assert!(isp.get("/subscribers").body.contains("No subscribers yet"));
    // A key that somebody else got fits no other browser.
    let cookie = std::mem::take(&mut isp.cookie);
    let foreign = isp.get("/login");
    isp.cookie = cookie;
    assert_eq!(isp.post("/logout", &foreign, &[]).status, 403);
    assert_eq!(
        isp.send("POST", "/subscribers", &format!("name={}", "x".repeat(20_000))).status,
        413
    );
}

#[test]
fn guessing_is_slowed_down() {
    let mut isp = Instance::start();
    for _ in 0..5 {
        assert_eq!(isp.sign_in("wrong").status, 401);
    }
    let slowed = isp.sign_in(PASSWORD);
    assert_eq!(slowed.status, 429);
    let wait: u64 = slowed.header("retry-after").unwrap().parse().unwrap();
    std::thread::sleep(Duration::from_secs(wait));
    assert_eq!(isp.sign_in(PASSWORD).status, 303);
}

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
