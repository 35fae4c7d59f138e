use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// The key that users' credentials are sealed with: 256 bits, wiped from memory
/// when dropped, absent from `Debug`.
///
/// [`seal`](Self::seal) and [`open`](Self::open) do the work.
#[derive(Clone)]
pub struct EncryptionKey(Arc<SecretBox<[u8; 32]>>);

impl EncryptionKey {
    /// Reads `BYOD_ENCRYPTION_KEY`: 64 hex digits are the key itself, of any
    /// other text the key is the SHA-256. [`Error::Config`] if it is empty.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::config(
                "the encryption key is empty; set 64 hex digits, for example from `openssl rand -hex 32`",
            ));
        }
        let key = SecretBox::init_with_mut(|key: &mut [u8; 32]| {
            if hex::decode_to_slice(text, key).is_err() {
                key.copy_from_slice(&Sha256::digest(text));
            }
        });
        Ok(Self(Arc::new(key)))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        self.0.expose_secret()
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
    fn debug_shows_nothing() {
        let key = EncryptionKey::parse("geheim").unwrap();
        assert_eq!(format!("{key:?}"), "EncryptionKey");
    }
}
