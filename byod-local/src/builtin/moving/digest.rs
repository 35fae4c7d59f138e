//! What tells a document's state.

use byod_schema::Value;
use serde::Serializer as _;
use sha2::{Digest as _, Sha256};

use crate::error::FunctionError;
use crate::values::Object;

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
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    format!("{:032x}", u128::from_be_bytes(half))
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
