use std::fmt;
use std::ops::{Deref, DerefMut};

use byod_schema::Location;
use serde::de;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::field::{Encoded, Field};
use super::id::DocumentId;
use super::name::TableName;
use super::object::{self, Object, System};
use super::timestamp::{Timestamp, TimestampError};
use super::validators as v;

/// A struct that stands for a table; `#[byod_table]` implements it.
///
/// ```
/// use byod_runtime::{Doc, Location, Table};
///
/// /// For a page that says of whatever it lists where it is.
/// fn place<T: Table>(documents: &[Doc<T>]) -> String {
///     let place = if T::LOCATION == Location::User { "yours" } else { "ours" };
///     format!("{} of {} ({place})", documents.len(), T::NAME)
/// }
/// ```
pub trait Table: Object {
    /// The table's name as a type.
    type Name: TableName;

    /// Where the table lives.
    const LOCATION: Location;

    /// The table's name, as Convex knows it.
    const NAME: &'static str = <Self::Name as TableName>::NAME;
}

/// The id of a document of the table that the struct `T` stands for.
///
/// `Id<Users>` and `Id<Notes>` are different types; an id is made by a
/// deployment, and text from elsewhere (a URL, say) becomes one by
/// [`DocumentId::new`], which the deployment then checks.
///
/// Which table is meant has to be said where it doesn't follow from what the id
/// is used for, as with `Vec::new`:
///
/// ```ignore
/// let id = Id::<Notes>::new(path_segment);
/// // Where it follows, the table's name is enough to infer it.
/// let note = notes::get(&session, notes::GetArgs { id: DocumentId::new(path_segment) }).await?;
/// ```
pub type Id<T> = DocumentId<<T as Table>::Name>;

/// A document as it is stored: the table's fields, its id, and when it was made.
///
/// The fields are reached directly (`doc.title`); where a table has a field
/// called `id`, that is `doc.fields.id`.
///
/// ```ignore
/// let all: Vec<Doc<Notes>> = notes::list(&session, notes::ListArgs::default()).await?;
/// let note = &all[0];
/// println!("{} {} {}", note.id, note.creation_time, note.title);
/// let fields: &Notes = &note.fields;
/// ```
pub struct Doc<T: Table> {
    /// `_id`
    pub id: Id<T>,
    /// `_creationTime`: milliseconds since 1970.
    pub creation_time: f64,
    /// The fields that the schema declares.
    pub fields: T,
}

impl<T: Table> Doc<T> {
    /// When the document was made, as a [`Timestamp`]: `doc.created_at::<SystemTime>()`.
    pub fn created_at<Moment: Timestamp>(&self) -> Result<Moment, TimestampError> {
        Moment::from_milliseconds(self.creation_time)
    }
}

impl<T: Table> Deref for Doc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.fields
    }
}

impl<T: Table> DerefMut for Doc<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.fields
    }
}

impl<T: Table + Clone> Clone for Doc<T> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            creation_time: self.creation_time,
            fields: self.fields.clone(),
        }
    }
}

impl<T: Table + PartialEq> PartialEq for Doc<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && self.creation_time == other.creation_time
            && self.fields == other.fields
    }
}

impl<T: Table + fmt::Debug> fmt::Debug for Doc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doc")
            .field("id", &self.id)
            .field("creation_time", &self.creation_time)
            .field("fields", &self.fields)
            .finish()
    }
}

/// As the deployment would send it, in Convex's encoding.
impl<T: Table> Serialize for Doc<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("_id", &self.id)?;
        let created = Encoded::<v::Number, f64>::new(&self.creation_time);
        map.serialize_entry("_creationTime", &created)?;
        self.fields.encode_fields(&mut map)?;
        map.end()
    }
}

impl<'de, T: Table> Deserialize<'de> for Doc<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut system = System::default();
        let fields = object::decode_document(deserializer, &mut system)?;
        Ok(Self {
            id: DocumentId::new(system.id.ok_or_else(|| de::Error::missing_field("_id"))?),
            creation_time: system
                .creation_time
                .ok_or_else(|| de::Error::missing_field("_creationTime"))?,
            fields,
        })
    }
}

impl<T: Table> Field<v::Document<T>> for Doc<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}
