use std::fmt;
use std::sync::Arc;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::Error;

/// The key that users' credentials are sealed with: 256 bits, wiped from memory
/// when dropped, absent from `Debug`.
///
/// [`seal`](Self::seal) and [`open`](Self::open) do the work.
///
/// ```
/// use byod_runtime::EncryptionKey;
///
/// let key = EncryptionKey::parse(&"0f".repeat(32))?; // as `byod keygen` prints one
/// # Ok::<(), byod_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct EncryptionKey(Arc<SecretBox<[u8; 32]>>);

impl EncryptionKey {
    /// Reads `BYOD_ENCRYPTION_KEY`: 64 hex digits are the key itself, of any
    /// other text the key is the SHA-256. [`Error::Config`] if it is empty.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::config(
                "the encryption key is empty; set 64 hex digits, for example from `byod keygen`",
            ));
        }
        let key = SecretBox::init_with_mut(|key: &mut [u8; 32]| {
            if hex::decode_to_slice(text, key).is_err() {
                Sha256::new().chain_update(text).finalize_into(key.into());
            }
        });
        Ok(Self(Arc::new(key)))
    }

    /// The same of what a person has put into the variable: [`Error::Config`] also where it
    /// was meant as 64 hex digits and would be taken as another text. What may have been
    /// meant so is logged.
    pub(crate) fn written(variable: &'static str, text: &str) -> Result<Self, Error> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let after = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let problem = if is_quoted(text) {
            "stands in quotes, which would be part of it; set it without them"
        } else if after.is_some_and(|rest| rest.len() >= 32 && digits(rest)) {
            "begins with `0x`, which would be part of it; set the hex digits alone"
        } else if digits(text) && (60..=68).contains(&text.len()) && text.len() != 64 {
            "has a few hex digits less or more than 64, so it would be another key; copy it again"
        } else {
            if let Some(doubt) = doubt(text) {
                tracing::warn!("{variable} {doubt}");
            }
            return Self::parse(text);
        };
        Err(Error::config(problem))
    }

    /// Reads `BYOD_FORMER_ENCRYPTION_KEYS`: keys separated by commas, or, where one
    /// holds a comma, a JSON array of strings. [`Error::Config`] if one is empty.
    pub(crate) fn parse_list(variable: &'static str, text: &str) -> Result<Vec<Self>, Error> {
        let text = text.trim();
        if !text.starts_with('[') {
            return text
                .split(',')
                .map(|key| Self::written(variable, key.trim()))
                .collect();
        }
        // The parser's own words would repeat what stands there.
        let keys: Vec<SecretText> = serde_json::from_str(text)
            .map_err(|_| Error::config("begins with `[` and is no JSON array of strings"))?;
        keys.iter()
            .map(|SecretText(key)| Self::parse(key))
            .collect()
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

/// What may be wrong with a key that isn't 64 hex digits, and may be right.
fn doubt(text: &str) -> Option<&'static str> {
    const DIGITS: usize = 16;
    let is_hex = text.len() >= DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let quotes = ['"', '\'', '`'];
    if is_hex && text.len() != 64 {
        Some("is hex digits, and not 64 of them: it is taken as a text, whose SHA-256 is the key")
    } else if text.starts_with(quotes) || text.ends_with(quotes) {
        Some("begins or ends with a quote, which is taken as part of it")
    } else if text.starts_with("0x") || text.starts_with("0X") {
        Some("begins with `0x`, which is taken as part of it")
    } else if text.contains('|') {
        Some("looks like a deploy key of Convex; make one with `byod keygen` if it is one")
    } else {
        None
    }
}

/// Whether the text stands between two quotes of one kind.
pub(crate) fn is_quoted(text: &str) -> bool {
    ['"', '\'', '`'].into_iter().any(|quote| {
        let inner = text.strip_prefix(quote);
        inner.is_some_and(|inner| inner.ends_with(quote))
    })
}

#[derive(Deserialize)]
#[serde(from = "String")]
struct SecretText(Zeroizing<String>);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_the_key_and_anything_else_is_hashed() {
        let key = |text: &str| hex::encode(EncryptionKey::parse(text).unwrap().bytes());
        let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        assert_eq!(key(digits), digits);
        assert_eq!(key(&digits.to_uppercase()), digits);
        assert_eq!(
            key("correct horse battery staple"),
            "c4bbcb1fbec99d65bf59d85c8cb62ee2db963f0fe106f483d9afa73bd4e39a8a"
        );
        // 63 digits, and 64 characters that are not all digits: text like any other.
        assert_ne!(key(&digits[1..])[..62], digits[..62]);
        assert_ne!(key(&digits.replace('f', "g")), digits);
        // Nor is what has space around it: other services hash it with the space.
        for text in [format!("{digits}\n"), format!(" {digits}")] {
            assert_eq!(key(&text), hex::encode(Sha256::digest(&text)));
        }
        assert!(EncryptionKey::parse("").is_err());
    }

    #[test]
    fn any_text_can_stand_in_a_list() {
        let list = |text: &str| -> Vec<String> {
            let keys = EncryptionKey::parse_list("KEYS", text).unwrap();
            keys.iter().map(|key| hex::encode(key.bytes())).collect()
        };
        let key = |text: &str| hex::encode(EncryptionKey::parse(text).unwrap().bytes());
        assert_eq!(list("correct horse"), [key("correct horse")]);
        assert_eq!(list(" one, two \n"), [key("one"), key("two")]);
        let odd = ["a,b", " c ", "[\"", "\u{e9}\n"];
        assert_eq!(list(&serde_json::json!(odd).to_string()), odd.map(key));
        for text in ["", "a,,b", "a,", "[\"geheim\"", "[\"\"]", "[7]"] {
            let error = EncryptionKey::parse_list("KEYS", text)
                .unwrap_err()
                .to_string();
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let key = EncryptionKey::parse("geheim").unwrap();
        assert_eq!(format!("{key:?}"), "EncryptionKey");
    }
}
