//! A running instance and the browser that looks at it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use argon2::password_hash::PasswordHasher;
use argon2::{Argon2, Params};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub const TENANTRY: &str = env!("CARGO_BIN_EXE_tenantry");
pub const EMAIL: &str = "admin@harbour.example";
pub const PASSWORD: &str = "correct horse battery staple";

/// A whole and right environment.
pub fn environment(data: &Path, address: SocketAddr) -> BTreeMap<String, String> {
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

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub fn command(environment: &BTreeMap<String, String>) -> Command {
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
pub struct Instance {
    pub process: Option<Child>,
    pub address: SocketAddr,
    pub data: TempDir,
    pub cookie: String,
}

impl Instance {
    pub fn start() -> Self {
        let mut instance = Self {
            process: None,
            address: free_address(),
            data: tempfile::tempdir().unwrap(),
            cookie: String::new(),
        };
        instance.resume(|_| {});
        instance
    }

    pub fn resume(&mut self, change: impl FnOnce(&mut BTreeMap<String, String>)) {
        let mut environment = environment(self.data.path(), self.address);
        change(&mut environment);
        self.process = Some(command(&environment).spawn().unwrap());
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.address).is_err() {
            assert!(Instant::now() < deadline, "The instance does not listen.");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.as_ref().unwrap().id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Ends the process in order; what it printed.
    pub fn stop(&mut self) -> Output {
        self.signal(Signal::TERM);
        self.process.take().unwrap().wait_with_output().unwrap()
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, "")
    }

    /// Sends a form with the key of the page that showed it.
    pub fn post(&mut self, path: &str, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        let mut body = format!("form_key={}", page.form_key());
        for (name, value) in fields {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            body += &format!("&{name}={value}");
        }
        self.send("POST", path, &body)
    }

    pub fn sign_in(&mut self, password: &str) -> Reply {
        let page = self.get("/login");
        self.post("/login", &page, &[("email", EMAIL), ("password", password)])
    }

    pub fn add(&mut self, name: &str, email: &str) -> Reply {
        let page = self.get("/subscribers/new");
        self.post("/subscribers", &page, &[("name", name), ("email", email), ("service", "Fibre 100")])
    }

    pub fn send(&mut self, method: &str, path: &str, body: &str) -> Reply {
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

pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(found, _)| *found == name).map(|(_, value)| value))
    }

    pub fn form_key(&self) -> &str {
        self.body
            .split("name=\"form_key\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("The page has a form.")
    }
}

pub fn exchange(address: SocketAddr, method: &str, path: &str, cookie: &str, body: &str) -> Reply {
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
