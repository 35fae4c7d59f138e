use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::field::Field;
use super::name::TableName;
use super::validators as v;

/// The id of a document of the table called `N`; see [`Id`](crate::Id).
///
/// ```
/// use byod_runtime::{DocumentId, Name};
///
/// type Users = Name<'u', 's', 'e', 'r', 's'>;
///
/// let id: DocumentId<Users> = DocumentId::new("k57a");
/// assert_eq!(format!("{id} {id:?}"), "k57a users:k57a");
/// assert_eq!(serde_json::to_string(&id)?, r#""k57a""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct DocumentId<N> {
    text: String,
    table: PhantomData<fn() -> N>,
}

impl<N> DocumentId<N> {
    /// An id from its text. Nothing is checked here: only the deployment knows.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            table: PhantomData,
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its text, taken out.
    pub fn into_string(self) -> String {
        self.text
    }
}

impl<N> Clone for DocumentId<N> {
    fn clone(&self) -> Self {
        Self::new(self.text.clone())
    }
}

impl<N> PartialEq for DocumentId<N> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<N> Eq for DocumentId<N> {}

impl<N> PartialOrd for DocumentId<N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<N> Ord for DocumentId<N> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl<N> Hash for DocumentId<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<N> Borrow<str> for DocumentId<N> {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl<N> fmt::Display for DocumentId<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `users:k57…`: the table, then the id.
impl<N: TableName> fmt::Debug for DocumentId<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", N::NAME, self.text)
    }
}

impl<N> Serialize for DocumentId<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, N> Deserialize<'de> for DocumentId<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl<N> Field<v::Id<N>> for DocumentId<N> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}
