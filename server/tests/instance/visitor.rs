//! What a visitor and a signed-in person of the ISP meet.

use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use rustix::process::Signal;

use super::browser::{EMAIL, Instance, PASSWORD};

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
