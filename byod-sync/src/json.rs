//! A value as it came over the wire: its text, never read on the way.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The JSON of a Convex value. Cloning shares the text.
///
/// Its `Debug` shows how long it is, not what it says: it is some user's.
#[derive(Clone)]
pub struct Json(Arc<RawValue>);

impl Json {
    /// Takes a text that is JSON.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn parse(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        Ok(RawValue::from_string(text.into())?.into())
    }

    /// The JSON of a value.
    ///
    /// # Errors
    ///
    /// If it has none: a map with keys that are no texts.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(serde_json::value::to_raw_value(value)?.into())
    }

    /// The text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// The text, as `serde_json` holds it.
    pub fn raw(&self) -> &RawValue {
        &self.0
    }

    /// Reads the value, straight into the type that the caller wants.
    ///
    /// # Errors
    ///
    /// If it is no value of that type.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.get())
    }
}

impl From<Box<RawValue>> for Json {
    fn from(raw: Box<RawValue>) -> Self {
        Self(raw.into())
    }
}

impl From<&RawValue> for Json {
    fn from(raw: &RawValue) -> Self {
        raw.to_owned().into()
    }
}

impl PartialEq for Json {
    /// Equal texts: two that are written differently count as different.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.get() == other.get()
    }
}

impl Eq for Json {}

impl std::hash::Hash for Json {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.get().hash(state);
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.get().len())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(<Box<RawValue>>::deserialize(deserializer)?.into())
    }
}

/// The text of a message. Its types have no map with keys that are no texts, so there always is one.
pub(crate) fn text(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_default()
}
