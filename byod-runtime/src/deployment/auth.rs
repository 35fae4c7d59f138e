use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::jwt;
use crate::redact::Secrets;

/// A user's OpenID Connect token (a JWT), without the space around it. Wiped from
/// memory when dropped, and absent from `Debug`.
///
/// ```
/// use byod_runtime::Token;
///
/// let token = Token::from("a.users.jwt\n");
/// assert_eq!(format!("{token:?}"), "Token");
/// ```
#[derive(Clone)]
pub struct Token(SecretString);

/// A deployment's deploy key: `prod:happy-animal-123|<secret>` or, self-hosted,
/// `<instance>|<secret>`, without the space around it. Whoever has it may do everything
/// on the deployment. Wiped from memory when dropped, and absent from `Debug`.
///
/// ```
/// use byod_runtime::DeployKey;
///
/// let key = DeployKey::from(" prod:happy-animal-123|secret\n"); // as it was pasted
/// assert_eq!(key.expose_secret(), "prod:happy-animal-123|secret");
/// ```
#[derive(Clone)]
pub struct DeployKey(SecretString);

impl Token {
    pub(crate) fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl DeployKey {
    /// The key itself. Keep it out of logs.
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there was nothing but space in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.expose_secret().is_empty()
    }
}

impl Token {
    /// Tells it from others without being it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret()).into()
    }

    /// When it runs out, in seconds since 1970, as it says itself. Nobody has checked that
    /// but whoever takes the token.
    pub(crate) fn expires(&self) -> Option<f64> {
        jwt::expires(self.0.expose_secret())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.expose_secret().is_empty()
    }
}

impl<S: Into<SecretString>> From<S> for Token {
    fn from(token: S) -> Self {
        Self(trimmed(token.into()))
    }
}

impl<S: Into<SecretString>> From<S> for DeployKey {
    fn from(key: S) -> Self {
        Self(trimmed(key.into()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl fmt::Debug for DeployKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not even what stands before the `|`: somebody may have swapped the parts.
        f.write_str("DeployKey")
    }
}

/// What a client sends as `Authorization`, prepared once.
#[derive(Clone, Default)]
pub(crate) enum Auth {
    #[default]
    None,
    Header {
        value: HeaderValue,
        /// How many bytes at its end are not the secret, but the identity acted as.
        identity: usize,
    },
    /// A secret that no header can carry; the text says which, and calls fail with it.
    Unusable(&'static str),
}

impl Auth {
    pub(crate) fn user(token: &Token) -> Self {
        Self::header("Bearer", token.0.expose_secret(), "", TOKEN)
    }

    pub(crate) fn admin(key: &DeployKey) -> Self {
        Self::header("Convex", key.expose_secret(), "", KEY)
    }

    /// As the deployment's admin, but with the identity of a user.
    pub(crate) fn acting_as(key: &DeployKey, identity: &serde_json::Value) -> Self {
        let identity = format!(":{}", STANDARD.encode(identity.to_string()));
        Self::header("Convex", key.expose_secret(), &identity, KEY)
    }

    /// Keys may hold any letters, so the header is made of bytes, not of ASCII.
    fn header(scheme: &str, secret: &str, identity: &str, problem: &'static str) -> Self {
        let text = Zeroizing::new(format!("{scheme} {secret}{identity}"));
        match HeaderValue::from_bytes(text.as_bytes()) {
            Ok(mut value) => {
                value.set_sensitive(true);
                let identity = identity.len();
                Self::Header { value, identity }
            }
            Err(_) => Self::Unusable(problem),
        }
    }

    /// The same, as the sync protocol says it.
    pub(crate) fn sync_token(&self) -> byod_sync::Token {
        let Self::Header { value, identity } = self else {
            return byod_sync::Token::None;
        };
        let header = String::from_utf8_lossy(value.as_bytes());
        let (secret, identity) = header.split_at(header.len() - identity);
        match secret.split_once(' ') {
            Some(("Bearer", token)) => byod_sync::Token::User(token.to_owned()),
            Some((_, key)) => byod_sync::Token::Admin {
                key: key.to_owned(),
                impersonating: identity.strip_prefix(':').and_then(|identity| {
                    let json = STANDARD.decode(identity).ok()?;
                    byod_sync::Json::parse(String::from_utf8(json).ok()?).ok()
                }),
            },
            None => byod_sync::Token::None,
        }
    }

    /// What must be taken out of whatever the other side says: what it was sent, the
    /// secret in it, and what stands behind the `|` of a key.
    pub(crate) fn secrets(&self) -> Secrets {
        let Self::Header { value, identity } = self else {
            return Secrets::default();
        };
        let header = String::from_utf8_lossy(value.as_bytes());
        let sent = header.split_once(' ').map_or("", |(_, sent)| sent);
        let secret = &sent[..sent.len().saturating_sub(*identity)];
        let second = secret.split_once('|').map_or("", |(_, second)| second);
        let acting = (*identity > 0).then_some(sent);
        Secrets::new([secret, second].into_iter().chain(acting))
    }
}

/// Without what comes along when a secret is copied: spaces, line breaks, and marks
/// that are not seen. A header would lose them, and an echo be another text.
fn trimmed(secret: SecretString) -> SecretString {
    let invisible =
        |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}');
    let text = secret.expose_secret();
    let trimmed = text.trim_matches(invisible);
    match trimmed.len() == text.len() {
        true => secret,
        false => trimmed.into(),
    }
}

const TOKEN: &str = "the token holds a line break or another control character";
const KEY: &str = "the deploy key holds a line break or another control character";

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Header { .. } => "Header",
            Self::Unusable(_) => "Unusable",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let key = DeployKey::from("prod:happy-animal-123|geheim");
        for key in [
            key.expose_secret(),
            "geheim|prod:happy-animal-123",
            "geheim",
        ] {
            assert_eq!(format!("{:?}", DeployKey::from(key)), "DeployKey");
        }
        assert_eq!(format!("{:?}", Token::from("geheim")), "Token");
        let auth = Auth::admin(&key);
        assert_eq!(format!("{auth:?}"), "Header");
        let Auth::Header { value, .. } = &auth else {
            panic!("no header")
        };
        assert!(!format!("{value:?}").contains("geheim"));
    }

    #[test]
    fn the_header_has_convexs_forms() {
        let text = |auth| match auth {
            Auth::Header { value, .. } => String::from_utf8(value.as_bytes().to_vec()).unwrap(),
            other => format!("{other:?}"),
        };
        let key = DeployKey::from("prod:snowman-☃|鍵");
        assert_eq!(text(Auth::user(&"jwt".into())), "Bearer jwt");
        assert_eq!(text(Auth::admin(&key)), "Convex prod:snowman-☃|鍵");
        assert_eq!(
            text(Auth::acting_as(&key, &serde_json::json!({"subject": "a"}))),
            "Convex prod:snowman-☃|鍵:eyJzdWJqZWN0IjoiYSJ9"
        );
        assert_eq!(text(Auth::user(&"a\nb".into())), "Unusable");
    }

    #[test]
    fn an_echoed_secret_is_removed_whole_and_in_part() {
        let key = DeployKey::from("prod:x|geheim");
        let identity = serde_json::json!({"subject": "alice"});
        for auth in [Auth::admin(&key), Auth::acting_as(&key, &identity)] {
            for (text, redacted) in [
                (
                    "Authorization: Convex prod:x|geheim!",
                    "Authorization: Convex …!",
                ),
                ("key prod:x|geheim", "key …"),
                ("the secret geheim of prod:x", "the secret … of prod:x"),
                ("prod:x|", "prod:x|"),
            ] {
                assert_eq!(auth.secrets().redact(text), redacted);
            }
        }
        let acting = Auth::acting_as(&key, &identity);
        let whole = "Convex prod:x|geheim:eyJzdWJqZWN0IjoiYWxpY2UifQ== is wrong";
        assert_eq!(acting.secrets().redact(whole), "Convex … is wrong");
        let token = Auth::user(&"a.jwt".into());
        assert_eq!(token.secrets().redact("no a.jwt"), "no …");
    }

    #[test]
    fn a_short_secret_is_not_looked_for() {
        let secrets = Auth::admin(&"k|x".into()).secrets();
        assert_eq!(secrets.redact("next k|x"), "next k|x");
        let secrets = Auth::admin(&"prod:k|x".into()).secrets();
        assert_eq!(secrets.redact("x: prod:k|x"), "x: …");
    }

    #[test]
    fn a_secret_is_what_was_copied_without_the_space_around_it() {
        for copied in [
            "prod:x|geheim ",
            "\tprod:x|geheim\r\n",
            "\u{feff}prod:x|geheim\u{200b}",
        ] {
            assert_eq!(DeployKey::from(copied).expose_secret(), "prod:x|geheim");
            let Auth::Header { value, .. } = Auth::user(&copied.into()) else {
                panic!("no header")
            };
            assert_eq!(value.as_bytes(), b"Bearer prod:x|geheim");
        }
        assert!(DeployKey::from(" \n").is_empty());
    }
}
