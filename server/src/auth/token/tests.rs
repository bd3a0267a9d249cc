//! What is taken for a token, and what is not.

use super::*;
use aws_lc_rs::{hmac, signature::Ed25519KeyPair};
use chrono::Utc;
use serde_json::{Value, json};

fn key() -> SigningKey {
    let folder = std::env::temp_dir().join(format!("tenantry-token-{}", uuid::Uuid::now_v7()));
    crate::keys::load(&folder).expect("keys").signing.remove(0)
}

fn tokens() -> Tokens {
    Tokens::new(&[key()]).expect("tokens")
}

#[test]
fn a_token_is_good_for_its_service_and_time_only() {
    let tokens = tokens();
    let (user, session, role) = (UserId::new(), SessionId::new(), MembershipId::new());
    let (token, _) = tokens.issue(user, session, role, Portal::Tenant, Utc::now()).expect("token");
    let check = |t: &str, portal: Portal| {
        tokens
            .check(t, &[portal.service()], Utc::now())
            .map(|c| c.sid)
            .map_err(|e| e.reason())
    };
    assert_eq!(check(&token, Portal::Tenant), Ok(session));
    assert_eq!(check(&token, Portal::Master), Err("BAD_TOKEN"));
    let (old, _) = tokens
        .issue(user, session, role, Portal::Tenant, Utc::now() - TimeDelta::hours(1))
        .expect("token");
    assert_eq!(check(&old, Portal::Tenant), Err("TOKEN_EXPIRED"));
    let (early, _) = tokens
        .issue(user, session, role, Portal::Tenant, Utc::now() + TimeDelta::hours(1))
        .expect("token");
    assert_eq!(check(&early, Portal::Tenant), Err("BAD_TOKEN"));
    let other = self::tokens();
    assert_eq!(
        other
            .check(&token, &[Portal::Tenant.service()], Utc::now())
            .map_err(|e| e.reason())
            .err(),
        Some("BAD_TOKEN")
    );
}

#[test]
fn an_unsigned_or_foreign_token_is_refused() {
    let tokens = tokens();
    let (token, _) = tokens
        .issue(UserId::new(), SessionId::new(), MembershipId::new(), Portal::Tenant, Utc::now())
        .expect("token");
    let parts: Vec<_> = token.split('.').collect();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
    let forged = [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        "a.b.c".into(),
        String::new(),
    ];
    for text in forged {
        assert!(tokens.check(&text, &[Portal::Tenant.service()], Utc::now()).is_err(), "{text}");
    }
}

/// Tokens that are signed with the right key, but say what they should not.
struct Forger {
    key: SigningKey,
    tokens: Tokens,
}

impl Forger {
    fn new() -> Self {
        let key = key();
        let tokens = Tokens::new(std::slice::from_ref(&key)).expect("tokens");
        Self { key, tokens }
    }

    /// The head of a good token.
    fn head(&self) -> Value {
        json!({ "alg": "EdDSA", "typ": TYPE, "kid": self.key.id })
    }

    /// The claims of a good token.
    fn claims() -> Value {
        let now = Utc::now().timestamp();
        json!({
            "iss": ISSUER, "aud": Portal::Tenant.service(), "sub": UserId::new(), "sid": SessionId::new(), "mid": MembershipId::new(),
            "iat": now, "nbf": now, "exp": now + 600,
        })
    }

    fn sign(&self, head: &str, claims: &str) -> String {
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
        let pair = Ed25519KeyPair::from_pkcs8(&self.key.pkcs8).expect("a key");
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes()).as_ref());
        format!("{text}.{signature}")
    }

    fn reason(&self, token: &str) -> &'static str {
        match self.tokens.check(token, &[Portal::Tenant.service()], Utc::now()) {
            Ok(_) => "good",
            Err(error) => error.reason(),
        }
    }
}

/// A JSON object with one member changed; without it where the value is null.
fn with(mut object: Value, member: &str, value: Value) -> String {
    let members = object.as_object_mut().expect("an object");
    match value {
        Value::Null => members.remove(member),
        value => members.insert(member.to_owned(), value),
    };
    object.to_string()
}

/// A JSON object with a member a second time.
fn twice(object: &Value, member: &str, value: &Value) -> String {
    let text = object.to_string();
    format!("{},{}:{value}}}", &text[..text.len() - 1], json!(member))
}

#[test]
fn a_head_that_is_not_just_ours_is_refused() {
    let forger = Forger::new();
    let claims = Forger::claims().to_string();
    assert_eq!(forger.reason(&forger.sign(&forger.head().to_string(), &claims)), "good");
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(&forger.key.public) });
    for (member, value) in [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("RS256")),
        ("alg", json!("Ed25519")),
        ("alg", json!("Ed448")),
        ("alg", json!("eddsa")),
        ("alg", json!(["EdDSA"])),
        ("alg", json!(0)),
        ("alg", Value::Null),
        ("typ", json!("JWT")),
        ("typ", json!("refresh+jwt")),
        ("typ", json!("application/at+jwt")),
        ("typ", json!("")),
        ("typ", json!(1)),
        ("typ", Value::Null),
        ("kid", json!("")),
        ("kid", json!("../../../dev/null")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!(format!("{}\u{0}", forger.key.id))),
        ("kid", json!([forger.key.id.clone()])),
        ("kid", json!(1)),
        ("kid", Value::Null),
        ("crit", json!(["exp"])),
        ("crit", json!(["urn:example:unknown"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("jwk", jwk.clone()),
        ("jku", json!("https://attacker.example/keys")),
        ("x5u", json!("https://attacker.example/keys")),
        ("x5c", json!(["MIIB"])),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
    ] {
        let head = with(forger.head(), member, value);
        assert_eq!(forger.reason(&forger.sign(&head, &claims)), "BAD_TOKEN", "{head}");
    }
    for (member, first) in [("alg", json!("EdDSA")), ("typ", json!(TYPE)), ("kid", json!(forger.key.id))] {
        let head = twice(&forger.head(), member, &first);
        assert_eq!(forger.reason(&forger.sign(&head, &claims)), "BAD_TOKEN", "{head}");
    }
    for head in ["", "{}", "[]", "null", "{", "\"EdDSA\""] {
        assert_eq!(forger.reason(&forger.sign(head, &claims)), "BAD_TOKEN", "{head}");
    }
}

#[test]
fn claims_of_another_kind_are_refused() {
    let forger = Forger::new();
    let head = forger.head().to_string();
    let now = Utc::now().timestamp();
    let mut wrong = vec![
        ("iss", json!("somebody")),
        ("iss", json!([ISSUER])),
        ("aud", json!(Portal::Master.service())),
        ("aud", json!([Portal::Tenant.service()])),
        ("aud", json!("*")),
        ("aud", json!("")),
        ("sub", json!("")),
        ("sub", json!(SessionId::new())),
        ("sid", json!(UserId::new())),
        ("mid", json!(1)),
        ("nbf", json!(now + 3600)),
        ("iat", json!(now + 3600)),
        ("exp", json!(-1)),
    ];
    for member in ["iss", "aud", "sub", "sid", "mid", "iat", "nbf", "exp"] {
        wrong.push((member, Value::Null));
    }
    for member in ["iat", "nbf", "exp"] {
        for value in [
            json!((now + 60).to_string()),
            json!(now as f64 + 0.5),
            json!(1e300),
            json!(true),
            json!([now]),
            json!({}),
            json!(u64::MAX),
        ] {
            wrong.push((member, value));
        }
    }
    for (member, value) in wrong {
        let claims = with(Forger::claims(), member, value);
        assert_eq!(forger.reason(&forger.sign(&head, &claims)), "BAD_TOKEN", "{claims}");
    }
    for (member, value) in Forger::claims().as_object().expect("an object") {
        let claims = twice(&Forger::claims(), member, value);
        assert_eq!(forger.reason(&forger.sign(&head, &claims)), "BAD_TOKEN", "{claims}");
    }
    for end in [0, 1, now - 61] {
        let claims = with(Forger::claims(), "exp", json!(end));
        assert_eq!(forger.reason(&forger.sign(&head, &claims)), "TOKEN_EXPIRED", "{claims}");
    }
    for claims in ["", "null", "[]", "{}", "garbage"] {
        assert_eq!(forger.reason(&forger.sign(&head, claims)), "BAD_TOKEN", "{claims}");
    }
}

#[test]
fn the_public_key_is_no_secret_to_sign_with() {
    let forger = Forger::new();
    let claims = Forger::claims().to_string();
    let public = &forger.key.public;
    let base64 = URL_SAFE_NO_PAD.encode(public);
    for secret in [public.as_slice(), base64.as_bytes(), &forger.key.pkcs8, b""] {
        let head = with(forger.head(), "alg", json!("HS256"));
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(&claims));
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
        let token = format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()));
        assert_eq!(forger.reason(&token), "BAD_TOKEN");
    }
    // With a key of one's own that the token brings along, or under the name of ours.
    let stranger = Forger::new();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(&stranger.key.public) });
    for head in [
        forger.head().to_string(),
        with(forger.head(), "jwk", jwk),
        stranger.head().to_string(),
    ] {
        assert_eq!(forger.reason(&stranger.sign(&head, &claims)), "BAD_TOKEN");
    }
}

#[test]
fn a_token_has_one_spelling() {
    let forger = Forger::new();
    let good = forger.sign(&forger.head().to_string(), &Forger::claims().to_string());
    assert_eq!(forger.reason(&good), "good");
    let parts: Vec<&str> = good.split('.').collect();
    let [head, claims, signature] = parts[..] else {
        panic!("three parts")
    };
    let last = if signature.ends_with('A') { "B" } else { "A" };
    for bad in [
        format!("{good}="),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{head}.{claims}"),
        format!("{head}.{claims}."),
        format!("{head}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{head}={claims}.{signature}"),
        format!("{head}.{claims}.{}", &signature[..signature.len() - 1]),
        format!("{head}.{claims}.{}{last}", &signature[..signature.len() - 1]),
        format!("{head}.{claims}.{signature}{signature}"),
        format!("{head}.{signature}.{claims}"),
        format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        format!("{head}.{head}.{head}.{head}.{head}"),
        "a".repeat(1_000_000),
        ".".repeat(100_000),
    ] {
        assert_eq!(forger.reason(&bad), "BAD_TOKEN", "{}", &bad[..bad.len().min(300)]);
    }
}

/// The published examples: the signature is what they say it is, and none of them is a token of ours.
#[test]
fn examples_of_the_standards_are_no_tokens_of_ours() {
    // RFC 8037, appendix A.4, with the key of A.2.
    let public = URL_SAFE_NO_PAD
        .decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        .expect("a key");
    let text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let key = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(&public)).expect("a key");
    let is_signed = |text: &str| jsonwebtoken::crypto::verify(signature, text.as_bytes(), &key, Algorithm::EdDSA).expect("an answer");
    assert!(is_signed(text));
    assert!(!is_signed(&text.replace("RXhh", "RXhi")));

    let theirs = SigningKey { public, ..self::key() };
    let tokens = Tokens::new(&[theirs]).expect("tokens");
    let joe = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    for (example, token) in [
        ("RFC 8037 A.4, Ed25519", format!("{text}.{signature}")),
        ("RFC 7515 A.1, HS256", format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{joe}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
        (
            "RFC 7515 A.3, ES256",
            format!("eyJhbGciOiJFUzI1NiJ9.{joe}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
        ),
        ("RFC 7515 A.5, none", format!("eyJhbGciOiJub25lIn0.{joe}.")),
        (
            "RFC 7515 E, crit",
            "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA."
                .to_owned(),
        ),
    ] {
        let refused = tokens.check(&token, &[Portal::Tenant.service()], Utc::now());
        assert_eq!(refused.err().map(|error| error.reason()), Some("BAD_TOKEN"), "{example}");
    }
}
