//! Who a socket's queries are run as.

use std::sync::Arc;

use byod_sync::Token;
use sha2::{Digest, Sha256};

use crate::deployment::jwt;

/// Claims that differ from one token of the same caller to the next.
const OF_THE_TOKEN: [&str; 6] = ["exp", "iat", "nbf", "jti", "auth_time", "nonce"];

/// A deployment, and who calls it: what has a socket of its own.
///
/// Callers are told apart by all that a function can see of them. So two tokens of which one merely came later are of
/// one caller, and tokens that say anything else are not. Nobody has checked what tokens say before a deployment does, so those
/// of two users are never of one caller.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    url: Arc<str>,
    digest: [u8; 32],
}

impl Identity {
    /// `user` is whose token it is, as the service knows them.
    pub(super) fn of(url: Arc<str>, token: &Token, user: &str) -> Self {
        let mut digest = Sha256::new();
        match token {
            Token::None => digest.update("none"),
            Token::User(token) => {
                digest.update("of ");
                digest.update(user.len().to_le_bytes());
                digest.update(user);
                match caller(token) {
                    Some(claims) => {
                        digest.update("user ");
                        digest.update(claims);
                    }
                    None => {
                        digest.update("token ");
                        digest.update(token);
                    }
                }
            }
            Token::Admin { key, impersonating } => {
                digest.update("admin ");
                digest.update(key.len().to_le_bytes());
                digest.update(key);
                digest.update(impersonating.as_ref().map_or("", |identity| identity.get()));
            }
        }
        Self {
            url,
            digest: digest.finalize().into(),
        }
    }
}

/// The claims without those that are about the token; `None` where it is no JWT.
fn caller(token: &str) -> Option<String> {
    let mut claims: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&jwt::claims(token)?).ok()?;
    claims.contains_key("sub").then_some(())?;
    for claim in OF_THE_TOKEN {
        claims.remove(claim);
    }
    // In the order of their names, whoever wrote them.
    let sorted: std::collections::BTreeMap<_, _> = claims.into_iter().collect();
    serde_json::to_string(&sorted).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;

    fn of(claims: &Value) -> Identity {
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        Identity::of(
            "https://main".into(),
            &Token::User(format!("e30.{claims}.signature")),
            "a",
        )
    }

    #[test]
    fn a_later_token_is_of_the_same_caller_and_any_other_claim_of_another() {
        let first = of(&json!({"iss": "i", "sub": "alice", "exp": 5, "iat": 1}));
        assert!(first == of(&json!({"sub": "alice", "iss": "i", "exp": 9, "iat": 4, "jti": "x"})));
        for other in [
            json!({"iss": "i", "sub": "bob", "exp": 5, "iat": 1}),
            json!({"iss": "j", "sub": "alice", "exp": 5, "iat": 1}),
            json!({"iss": "i", "sub": "alice", "exp": 5, "iat": 1, "role": "admin"}),
        ] {
            assert!(first != of(&other), "{other}");
        }
    }

    #[test]
    fn what_is_no_jwt_is_told_apart_as_a_whole() {
        let of = |token: Token| Identity::of("https://main".into(), &token, "a");
        let admin = |key: &str| Token::Admin {
            key: key.to_owned(),
            impersonating: None,
        };
        assert!(of(Token::User("a".to_owned())) == of(Token::User("a".to_owned())));
        assert!(of(Token::User("a".to_owned())) != of(Token::User("b".to_owned())));
        assert!(of(Token::User("a".to_owned())) != of(admin("a")));
        assert!(of(admin("a")) != of(admin("b")) && of(Token::None) == of(Token::None));
        let elsewhere = Identity::of("https://other".into(), &Token::None, "a");
        assert!(of(Token::None) != elsewhere);
        // Whoever has no token, or a deploy key, is nobody's session.
        let others = |token: Token| Identity::of("https://main".into(), &token, "b");
        assert!(of(Token::None) == others(Token::None) && of(admin("a")) == others(admin("a")));
        let user = || Token::User("a".to_owned());
        assert!(of(user()) != others(user()));
    }
}
