use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// A user's OpenID Connect token (a JWT). Wiped from memory when dropped, and
/// absent from `Debug`.
#[derive(Clone)]
pub struct Token(SecretString);

/// A deployment's deploy key: `prod:happy-animal-123|<secret>` or, self-hosted,
/// `<instance>|<secret>`. Whoever has it may do everything on the deployment.
/// Wiped from memory when dropped; `Debug` shows only what stands before the `|`.
#[derive(Clone)]
pub struct DeployKey(SecretString);

impl DeployKey {
    /// The key itself. Keep it out of logs.
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
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
        match self.expose_secret().split_once('|') {
            Some((name, _)) => write!(f, "DeployKey({name}|…)"),
            None => f.write_str("DeployKey"),
        }
    }
}

/// What a client sends as `Authorization`, prepared once.
#[derive(Clone, Default)]
pub(crate) enum Auth {
    #[default]
    None,
    Header(HeaderValue),
    /// A secret that no header can carry; the text says which, and calls fail with it.
    Unusable(&'static str),
}

impl Auth {
    pub(crate) fn user(token: &Token) -> Self {
        Self::header(
            &format!("Bearer {}", token.0.expose_secret()),
            "the token holds a line break or another control character",
        )
    }

    pub(crate) fn admin(key: &DeployKey) -> Self {
        Self::header(
            &format!("Convex {}", key.expose_secret()),
            "the deploy key holds a line break or another control character",
        )
    }

    /// As the deployment's admin, but with the identity of a user.
    pub(crate) fn acting_as(key: &DeployKey, identity: &serde_json::Value) -> Self {
        let identity = STANDARD.encode(identity.to_string());
        Self::header(
            &format!("Convex {}:{identity}", key.expose_secret()),
            "the deploy key holds a line break or another control character",
        )
    }

    /// Keys may hold any letters, so the header is made of bytes, not of ASCII.
    fn header(text: &str, problem: &'static str) -> Self {
        match HeaderValue::from_bytes(text.as_bytes()) {
            Ok(mut header) => {
                header.set_sensitive(true);
                Self::Header(header)
            }
            Err(_) => Self::Unusable(problem),
        }
    }

    /// `text` without the secret, should the other side have sent it back.
    pub(crate) fn redact(&self, text: String) -> String {
        let Self::Header(header) = self else {
            return text;
        };
        let header = String::from_utf8_lossy(header.as_bytes());
        match header.split_once(' ') {
            Some((_, secret)) if !secret.is_empty() => text.replace(secret, "…"),
            _ => text,
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Header(_) => "Header",
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
        assert_eq!(format!("{key:?}"), "DeployKey(prod:happy-animal-123|…)");
        assert_eq!(format!("{:?}", DeployKey::from("geheim")), "DeployKey");
        assert_eq!(format!("{:?}", Token::from("geheim")), "Token");
        let auth = Auth::admin(&key);
        assert_eq!(format!("{auth:?}"), "Header");
        let Auth::Header(header) = &auth else {
            panic!("no header")
        };
        assert!(!format!("{header:?}").contains("geheim"));
    }

    #[test]
    fn the_header_has_convexs_forms() {
        let text = |auth| match auth {
            Auth::Header(header) => String::from_utf8(header.as_bytes().to_vec()).unwrap(),
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
    fn an_echoed_secret_is_removed() {
        let auth = Auth::admin(&"prod:x|geheim".into());
        let text = auth.redact("Authorization: Convex prod:x|geheim!".to_owned());
        assert_eq!(text, "Authorization: Convex …!");
    }
}
