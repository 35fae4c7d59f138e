//! What tells a document's state.

use byod_schema::Value;
use serde::Serializer as _;
use sha2::{Digest as _, Sha256};

use crate::error::FunctionError;
use crate::values::Object;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The document's own fields as a text, the same for equal ones.
pub(super) fn text_of(document: &Object) -> Result<String, FunctionError> {
    let own = document.iter().filter(|(name, _)| !name.starts_with('_'));
    let mut text = Vec::with_capacity(256);
    let mut serializer = serde_json::Serializer::new(&mut text);
    let written = serializer.collect_map(own);
    let text = written.map(|()| String::from_utf8(text));
    match text {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(FunctionError::new(error.to_string())),
        Err(error) => Err(FunctionError::new(error.to_string())),
    }
}

pub(super) fn hash_of(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let half = digest[..16].iter();
    let digits = half.flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.map(|digit| char::from(DIGITS[usize::from(digit)]));
    let mut hash = String::with_capacity(32);
    hash.extend(digits);
    hash
}

/// What is told of one document of a list, and how long its text is.
pub(super) fn row(document: &Object) -> Result<(Value, usize), FunctionError> {
    let text = text_of(document)?;
    let field = |name| document.get(name).cloned().unwrap_or(Value::Null);
    let row = Object::from([
        ("old", field("_id")),
        ("created", field("_creationTime")),
        ("hash", hash_of(&text).into()),
    ]);
    Ok((row.into(), text.len()))
}
