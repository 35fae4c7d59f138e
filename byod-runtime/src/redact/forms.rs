use std::ops::Range;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::zeroize::Zeroizing;

use super::letters::Letters;

/// Secrets shorter than this, in bytes, are none.
const SHORTEST: usize = 4;

/// What is shorter than this, in characters of base64 or hex, is found by chance.
const SHORTEST_CODE: usize = 8;

/// One form of a secret, with letters' case made equal.
pub(super) struct Form {
    bytes: Zeroizing<Vec<u8>>,
    /// What else belongs to a text in which it is found.
    around: fn(u8) -> bool,
}

impl Form {
    fn new(text: &str, around: fn(u8) -> bool) -> Self {
        let bytes = Zeroizing::new(Letters::written(text).bytes().to_vec());
        Self { bytes, around }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The whole text that the one found is a part of: of base64 in which a secret
    /// is, the first and last characters hold bits of it too.
    pub(super) fn whole(&self, text: &str, found: Range<usize>) -> Range<usize> {
        let belongs = |byte: &u8| (self.around)(*byte);
        let bytes = text.as_bytes();
        let before = bytes[..found.start]
            .iter()
            .rev()
            .take_while(|byte| belongs(byte));
        let behind = bytes[found.end..].iter().take_while(|byte| belongs(byte));
        found.start - before.count()..found.end + behind.count()
    }
}

/// The forms of a secret: itself and with its own escapes undone, in base64 wherever
/// it begins in it, and in hex.
pub(super) fn of(secret: &str) -> Vec<Form> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let mut forms = vec![Form::new(secret, |_| false)];
    if let Some(meant) = Letters::meant(secret).filter(|meant| meant.bytes().len() >= SHORTEST) {
        let bytes = Zeroizing::new(meant.bytes().to_vec());
        forms.push(Form {
            bytes,
            around: |_| false,
        });
    }
    for offset in 0..3 {
        let standard = in_base64(&STANDARD_NO_PAD, secret, offset);
        let url_safe = in_base64(&URL_SAFE_NO_PAD, secret, offset);
        if standard.len() >= SHORTEST_CODE {
            if *standard != *url_safe {
                forms.push(Form::new(&url_safe, is_base64));
            }
            forms.push(Form::new(&standard, is_base64));
        }
    }
    let hex = Zeroizing::new(hex::encode(secret));
    if hex.len() >= SHORTEST_CODE {
        forms.push(Form::new(&hex, |byte| byte.is_ascii_hexdigit()));
    }
    forms
}

/// The characters of base64 that are made of the secret alone, where `offset` bytes
/// (of a group of three) stand before it.
fn in_base64(engine: &impl base64::Engine, secret: &str, offset: usize) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(vec![0; offset]);
    bytes.extend_from_slice(secret.as_bytes());
    let whole = bytes.len() * 8 / 6;
    let mut code = Zeroizing::new(engine.encode(&*bytes));
    code.truncate(whole);
    // The first characters hold bits of what stands before.
    Zeroizing::new(code.split_off((offset * 8).div_ceil(6)))
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}
