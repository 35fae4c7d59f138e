//! The token by which an operator is known.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The token by which an operator is known to [`Settings::operator_token`](crate::Settings::operator_token). It isn't kept,
/// only what it can be compared by.
///
/// ```
/// use byod_gateway::{OperatorToken, Settings};
///
/// # fn settings(from_environment: &str) -> Result<Settings, byod_gateway::WeakToken> {
/// let token = OperatorToken::new(from_environment)?; // such as `openssl rand -hex 32` prints
/// Ok(Settings::default().operator_token(token))
/// # }
/// # assert!(settings("hunter2").is_err());
/// ```
#[derive(Clone)]
pub struct OperatorToken([u8; 32]);

/// That a text is no token for an operator; it isn't shown.
///
/// ```
/// use byod_gateway::OperatorToken;
///
/// let weak = OperatorToken::new("hunter2").unwrap_err();
/// assert!(!weak.to_string().contains("hunter2"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeakToken(&'static str);

/// How many letters a token has at least: half of what 32 random bytes have in hex.
const SHORTEST: usize = 32;

/// How many of them differ at least. Of 32 random digits of hex fewer differ once in some millions.
const DIFFERENT: usize = 6;

impl OperatorToken {
    /// # Errors
    ///
    /// If it has fewer than 32 letters, few that differ, or others than those of a header.
    pub fn new(token: &str) -> Result<Self, WeakToken> {
        if token.len() < SHORTEST {
            return Err(WeakToken("has fewer than 32 letters"));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WeakToken("has a space, or a letter that isn't ASCII"));
        }
        let mut letters: Vec<u8> = token.bytes().collect();
        letters.sort_unstable();
        letters.dedup();
        if letters.len() < DIFFERENT {
            return Err(WeakToken("has the same few letters again and again"));
        }
        Ok(Self(digest(token)))
    }

    /// Whether that is it, in the same time whatever is given.
    pub(crate) fn is(&self, given: &str) -> bool {
        self.0.ct_eq(&digest(given)).into()
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

impl fmt::Debug for OperatorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorToken(_)")
    }
}

impl fmt::Display for WeakToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(why) = self;
        write!(
            f,
            "the operator's token {why}; make one with `openssl rand -hex 32`"
        )
    }
}

impl std::error::Error for WeakToken {}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

    #[test]
    fn a_token_is_long_and_known_again() {
        let token = OperatorToken::new(TOKEN).unwrap();
        assert!(token.is(TOKEN));
        for other in ["", &TOKEN[1..], &TOKEN.to_uppercase(), &format!("{TOKEN} ")] {
            assert!(!token.is(other), "{other:?}");
        }
    }

    #[test]
    fn a_weak_one_is_refused_and_none_is_shown() {
        for weak in [
            &TOKEN[1..],
            &"a".repeat(64),
            &"ab".repeat(32),
            &format!("{TOKEN}\n"),
            &format!("{TOKEN} {TOKEN}"),
            &format!("{TOKEN}ü"),
        ] {
            let error = OperatorToken::new(weak).unwrap_err();
            assert!(!error.to_string().contains(weak), "{error}");
            assert!(error.to_string().contains("openssl"));
        }
        let token = OperatorToken::new(TOKEN).unwrap();
        let settings = crate::Settings::default().operator_token(token);
        let shown = format!("{settings:?}");
        assert!(!shown.contains(TOKEN) && !shown.contains(&hex::encode(digest(TOKEN))));
        assert!(shown.contains("OperatorToken(_)"), "{shown}");
    }
}
