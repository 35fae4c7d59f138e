//! The forms in which a secret could be written.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// What must be nowhere.
pub(crate) struct Secret {
    pub(crate) name: &'static str,
    value: Vec<u8>,
}

impl Secret {
    pub(crate) fn text(name: &'static str, text: &str) -> Self {
        Self::bytes(name, text.as_bytes().to_vec())
    }

    pub(crate) fn bytes(name: &'static str, value: Vec<u8>) -> Self {
        assert!(value.len() >= 12, "{name}: found by chance");
        Self { name, value }
    }

    pub(crate) fn value(&self) -> &[u8] {
        &self.value
    }

    /// Each with its name. Whatever is around a secret, one of the three alignments
    /// of base64 stands in the text.
    pub(crate) fn forms(&self) -> Vec<(&'static str, String)> {
        let mut forms = vec![
            ("hex", hex::encode(&self.value)),
            ("hex in capitals", hex::encode_upper(&self.value)),
            (
                "a list of bytes",
                format!("{:?}", self.value).replace(['[', ']'], ""),
            ),
        ];
        if let Ok(text) = std::str::from_utf8(&self.value) {
            forms.push(("itself", text.to_owned()));
        }
        for before in 0..3 {
            forms.push(("base64", aligned(&STANDARD, &self.value, before)));
            forms.push(("base64 for URLs", aligned(&URL_SAFE, &self.value, before)));
        }
        forms
    }

    /// In which forms it stands in the text.
    pub(crate) fn find_in(&self, text: &str) -> Vec<String> {
        let forms = self.forms().into_iter();
        forms
            .filter_map(|(form, form_text)| {
                let at = text.find(&form_text)?;
                let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
                let line = text[line..].lines().next().unwrap_or_default();
                Some(format!("{} as {form}: {line}", self.name))
            })
            .collect()
    }
}

/// The encodings of whole bytes.
pub(crate) fn encodings(bytes: &[u8]) -> [String; 4] {
    [
        STANDARD.encode(bytes),
        URL_SAFE.encode(bytes),
        hex::encode(bytes),
        hex::encode_upper(bytes),
    ]
}

/// The part of the base64 that is the same whatever stands around the secret, where
/// `before` bytes more than a multiple of three stand before it.
fn aligned(engine: &impl base64::Engine, secret: &[u8], before: usize) -> String {
    let text = engine.encode([&vec![0; before], secret].concat());
    let (first, last) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
    text[first..last].to_owned()
}
