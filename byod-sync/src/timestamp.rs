//! Moments of a deployment's database.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment of one deployment's database: nanoseconds since 1970 by its own clock.
///
/// On the wire it is the base64 of 8 little-endian bytes, for JavaScript's numbers are too small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Before all that a database ever held.
    pub const ZERO: Self = Self(0);

    /// Reads it as it is written on the wire.
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        Some(Self(u64::from_le_bytes(bytes.try_into().ok()?)))
    }

    /// As it is written on the wire.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0.to_le_bytes())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_base64().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let malformed = || serde::de::Error::custom("a timestamp is the base64 of 8 bytes");
        Self::from_base64(&text).ok_or_else(malformed)
    }
}
