//! What a token says of itself. Nobody has looked at its signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;

/// The claims of a JWT, as JSON; `None` where the token is none.
pub(super) fn claims(token: &str) -> Option<Zeroizing<Vec<u8>>> {
    let claims = token.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('='));
    claims.ok().map(Zeroizing::new)
}

/// When it runs out, in seconds since 1970.
pub(super) fn expires(token: &str) -> Option<f64> {
    #[derive(Deserialize)]
    struct Expiry {
        exp: f64,
    }

    let Expiry { exp } = serde_json::from_slice(&claims(token)?).ok()?;
    Some(exp)
}
