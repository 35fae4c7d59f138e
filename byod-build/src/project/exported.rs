use serde::Deserialize;
use serde_json::value::RawValue;

/// What a project exports, read, and as the project's own code printed it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exported<T> {
    /// The value.
    pub value: T,
    /// The JSON, with the order of keys and the members this version does not know.
    pub json: Box<RawValue>,
}

impl<T: for<'de> Deserialize<'de>> Exported<T> {
    pub(crate) fn parse(json: Box<RawValue>) -> Result<Self, serde_json::Error> {
        let value = serde_json::from_str(json.get())?;
        Ok(Self { value, json })
    }
}
