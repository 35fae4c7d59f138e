use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use byod_schema::Value;
use hyper::header::HeaderValue;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// A user's OpenID Connect token (a JWT). Wiped from memory when dropped, and
/// absent from `Debug`.
#[derive(Clone)]
pub struct Token(SecretString);

/// A deployment's deploy key: `prod:happy-animal-123|<secret>` or, self-hosted,
/// `<instance>|<secret>`. Whoever has it may do everything on the deployment.
/// Wiped from memory when dropped, and absent from `Debug`.
#[derive(Clone)]
pub struct DeployKey(SecretString);

impl DeployKey {
    /// The key itself. Keep it out of logs.
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is nothing but space in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.expose_secret().trim().is_empty()
    }
}

impl<S: Into<SecretString>> From<S> for Token {
    fn from(token: S) -> Self {
        Self(token.into())
    }
}

impl<S: Into<SecretString>> From<S> for DeployKey {
    fn from(key: S) -> Self {
        Self(key.into())
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

    /// How long what is sent is, in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Header { value, .. } => value.len(),
            Self::None | Self::Unusable(_) => 0,
        }
    }

    /// `text` without the secret, or its second part alone, should the other side
    /// have sent it back.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        let Self::Header { value, identity } = self else {
            return text;
        };
        let header = String::from_utf8_lossy(value.as_bytes());
        let sent = header.split_once(' ').map_or("", |(_, sent)| sent);
        let secret = &sent[..sent.len().saturating_sub(*identity)];
        let second = secret.split_once('|').map_or("", |(_, second)| second);
        // The longest first, because it holds the others.
        for part in [sent, secret, second] {
            if part.len() >= SHORTEST && text.contains(part) {
                text = text.replace(part, "…").into();
            }
        }
        text
    }

    /// The same for every string of a value.
    pub(crate) fn redact_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(redacted) = self.redact(text) {
                    *text = redacted;
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.redact_value(value)),
            Value::Object(fields) => {
                let redacted = std::mem::take(fields).into_iter().map(|(key, mut value)| {
                    self.redact_value(&mut value);
                    (self.redact(&key).into_owned(), value)
                });
                *fields = redacted.collect();
            }
            _ => {}
        }
    }
}

const TOKEN: &str = "the token holds a line break or another control character";
const KEY: &str = "the deploy key holds a line break or another control character";

/// Secrets shorter than this, in bytes, are none: they would be found everywhere.
const SHORTEST: usize = 4;

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
                assert_eq!(auth.redact(text), redacted);
            }
        }
        let acting = Auth::acting_as(&key, &identity);
        let whole = "Convex prod:x|geheim:eyJzdWJqZWN0IjoiYWxpY2UifQ== is wrong";
        assert_eq!(acting.redact(whole), "Convex … is wrong");
        let token = Auth::user(&"a.jwt".into());
        assert_eq!(token.redact("no a.jwt"), "no …");
    }

    #[test]
    fn a_short_secret_is_not_looked_for() {
        assert_eq!(Auth::admin(&"k|x".into()).redact("next k|x"), "next k|x");
        assert_eq!(
            Auth::admin(&"prod:k|x".into()).redact("x: prod:k|x"),
            "x: …"
        );
    }

    #[test]
    fn a_value_is_redacted_at_every_depth() {
        let auth = Auth::admin(&"prod:x|geheim".into());
        let json = r#"{"a": [{"geheim": "prod:x|geheim", "n": {"$integer": "KgAAAAAAAAA="}}]}"#;
        let mut value: Value = serde_json::from_str(json).unwrap();
        auth.redact_value(&mut value);
        assert_eq!(
            serde_json::to_string(&value).unwrap(),
            r#"{"a":[{"n":{"$integer":"KgAAAAAAAAA="},"…":"…"}]}"#
        );
    }
}
