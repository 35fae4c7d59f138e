use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

use super::field::Field;
use super::validators as v;

/// A generated enum for a union of string literals.
pub trait Literals: Sized {
    /// The variant of that text; the catch-all for a text this build doesn't know.
    fn from_text(text: &str) -> Self;

    /// The literal's text.
    fn as_str(&self) -> &str;
}

/// A literal that the schema of this build doesn't have: a newer deployment
/// sent it. It can be read and written back, but not made up.
///
/// ```
/// use byod_runtime::{PageStatus, Unknown};
///
/// let status: PageStatus = serde_json::from_str(r#""SplitLater""#)?;
/// assert!(matches!(status, PageStatus::Unknown(text) if text.as_str() == "SplitLater"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown(Box<str>);

impl Unknown {
    /// For the generated code.
    #[doc(hidden)]
    pub fn __read(text: &str) -> Self {
        Self(text.into())
    }

    /// The literal's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: Literals> Field<v::OneOf<E>> for E {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<E>(std::marker::PhantomData<E>);

        impl<E: Literals> Visitor<'_> for Text<E> {
            type Value = E;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<X: de::Error>(self, text: &str) -> Result<E, X> {
                Ok(E::from_text(text))
            }
        }

        deserializer.deserialize_str(Text(std::marker::PhantomData))
    }
}

impl<E: Literals> Field<v::OneOf<E>> for String {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}
