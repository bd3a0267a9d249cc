//! Access tokens: EdDSA, 15 minutes, good for one account in one service.

use crate::{
    clock::Time,
    error::{Error, Result},
    id::{MembershipId, SessionId, UserId},
    identity::session::entity::Portal,
    keys::SigningKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
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

impl Claims {
    /// The person.
    pub fn user(&self) -> UserId {
        self.sub
    }
}

/// The head of a token as we write it. One with anything else in it is none of ours: no key of its own, and nothing that would have to be understood.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    alg: String,
    typ: String,
    kid: String,
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

    /// Checks a token for any of some audiences: signature, algorithm, type, issuer, audience, and times by the clock that it was issued by.
    pub fn check(&self, token: &str, audiences: &[&str], now: Time) -> Result<Claims> {
        let digest = Sha256::digest(token).into();
        let claims = match self.known.get(&digest) {
            Some(claims) => claims,
            None => {
                let claims = self.verify(token)?;
                self.known.insert(digest, claims.clone());
                claims
            }
        };
        let now = now.timestamp();
        let begins = claims.nbf.max(claims.iat);
        if !audiences.contains(&claims.aud.as_str()) || begins > now + LEEWAY {
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
        let head = token.split('.').next().and_then(|head| URL_SAFE_NO_PAD.decode(head).ok());
        let head: Option<Head> = head.and_then(|json| serde_json::from_slice(&json).ok());
        let head = head.filter(|head| head.alg == "EdDSA" && head.typ == TYPE).ok_or_else(bad)?;
        let key = self.keys.iter().find(|key| key.id == head.kid).ok_or_else(bad)?;
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
mod tests;
