//! Access tokens: EdDSA, 15 minutes, good for one account in one service.

use crate::{
    clock::Time,
    error::{Error, Result},
    id::{MembershipId, SessionId, UserId},
    identity::session::entity::Portal,
    keys::SigningKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long an access token is good for.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// Who made the token.
const ISSUER: &str = "tenantry";
/// What kind of token it is, so that no other signed text is taken for one.
const TYPE: &str = "at+jwt";

/// What a token says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// The role it is for; what that may do now is looked up, not carried.
    pub mid: MembershipId,
    iat: i64,
    nbf: i64,
    exp: i64,
}

struct Key {
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// Signs with the newest key and checks with any.
pub struct Tokens {
    keys: Vec<Key>,
    /// What tokens say whose signature was found good, by their digest: a signature takes longer to check than all the rest of a call.
    known: moka::sync::Cache<[u8; 32], Claims>,
}

/// How many good tokens are remembered, and for how long.
const KNOWN: u64 = 10_000;
const KNOWN_FOR: Duration = Duration::from_secs(15 * 60);
/// How far clocks of servers may be apart, in seconds.
const LEEWAY: i64 = 5;

impl Tokens {
    /// From keys, the newest first.
    pub fn new(keys: &[SigningKey]) -> anyhow::Result<Self> {
        let key = |k: &SigningKey| {
            let decoding = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(&k.public))?;
            Ok(Key {
                id: k.id.clone(),
                encoding: EncodingKey::from_ed_der(&k.pkcs8),
                decoding,
            })
        };
        Ok(Self {
            keys: keys.iter().map(key).collect::<anyhow::Result<_>>()?,
            known: moka::sync::Cache::builder().max_capacity(KNOWN).time_to_live(KNOWN_FOR).build(),
        })
    }

    /// A token for a session, and when it ends.
    pub fn issue(&self, user: UserId, session: SessionId, membership: MembershipId, portal: Portal, now: Time) -> Result<(String, Time)> {
        let key = self
            .keys
            .first()
            .ok_or_else(|| Error::internal(anyhow::anyhow!("there is no signing key")))?;
        let end = now + LIFETIME;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: portal.service().into(),
            sub: user,
            sid: session,
            mid: membership,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: end.timestamp(),
        };
        let header = Header {
            typ: Some(TYPE.into()),
            kid: Some(key.id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let token = encode(&header, &claims, &key.encoding).map_err(Error::internal)?;
        Ok((token, end))
    }

    /// Checks a token for any of some audiences: signature, algorithm, type, issuer, audience, times.
    pub fn check(&self, token: &str, audiences: &[&str]) -> Result<Claims> {
        let digest = Sha256::digest(token).into();
        let claims = match self.known.get(&digest) {
            Some(claims) => claims,
            None => {
                let claims = self.verify(token)?;
                self.known.insert(digest, claims.clone());
                claims
            }
        };
        let now = Utc::now().timestamp();
        if !audiences.contains(&claims.aud.as_str()) || claims.nbf > now + LEEWAY {
            return Err(Error::Unauthenticated("BAD_TOKEN"));
        }
        if claims.exp < now - LEEWAY {
            return Err(Error::Unauthenticated("TOKEN_EXPIRED"));
        }
        Ok(claims)
    }

    /// What never changes about a token: that we have signed it, and as what.
    fn verify(&self, token: &str) -> Result<Claims> {
        let bad = || Error::Unauthenticated("BAD_TOKEN");
        let header = decode_header(token).map_err(|_| bad())?;
        if header.typ.as_deref() != Some(TYPE) || header.alg != Algorithm::EdDSA {
            return Err(bad());
        }
        let key = self
            .keys
            .iter()
            .find(|k| header.kid.as_deref() == Some(k.id.as_str()))
            .ok_or_else(bad)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        rules.set_issuer(&[ISSUER]);
        (rules.validate_exp, rules.validate_aud) = (false, false);
        Ok(decode::<Claims>(token, &key.decoding, &rules).map_err(|_| bad())?.claims)
    }
}

impl Portal {
    /// The service behind the portal, which is the audience of its tokens.
    pub fn service(self) -> &'static str {
        match self {
            Self::Master => "tenantry.v1.MasterAdminService",
            Self::Tenant => "tenantry.v1.TenantAdminService",
            Self::Reseller => "tenantry.v1.ResellerService",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    fn tokens() -> Tokens {
        let folder = std::env::temp_dir().join(format!("tenantry-token-{}", uuid::Uuid::now_v7()));
        let keys = crate::keys::load(&folder).expect("keys");
        Tokens::new(&keys.signing).expect("tokens")
    }

    #[test]
    fn a_token_is_good_for_its_service_and_time_only() {
        let tokens = tokens();
        let (user, session, role) = (UserId::new(), SessionId::new(), MembershipId::new());
        let (token, _) = tokens.issue(user, session, role, Portal::Tenant, Utc::now()).expect("token");
        let check = |t: &str, portal: Portal| tokens.check(t, &[portal.service()]).map(|c| c.sid).map_err(|e| e.reason());
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
            other.check(&token, &[Portal::Tenant.service()]).map_err(|e| e.reason()).err(),
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
            assert!(tokens.check(&text, &[Portal::Tenant.service()]).is_err(), "{text}");
        }
    }
}
