use byod_schema::Value;
use serde::de::IntoDeserializer;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use super::field::Field;
use super::object::Object;
use super::validators as v;

/// A generated enum for a union of more than string literals.
pub trait Union: Sized {
    /// The variant that holds the value; the catch-all where none does.
    fn from_json(value: Json) -> Self;

    /// Writes the value that the variant holds.
    fn encode_union<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl<U: Union> Field<v::Union<U>> for U {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.encode_union(serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Which variant it is may show only at the end of the value.
        Json::deserialize(deserializer).map(U::from_json)
    }
}

/// A value that no member of a union in this build's schema holds: a newer
/// deployment sent it. It can be read and written back, but not made up.
///
/// ```
/// use byod_runtime::{UnknownValue, Value};
///
/// /// What a page shows of a kind that this build doesn't know.
/// fn shown(value: &UnknownValue) -> String {
///     value.value().map_or("something new".to_owned(), |value: Value| value.to_string())
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownValue(Json);

impl UnknownValue {
    /// For the generated code.
    #[doc(hidden)]
    pub fn __read(value: Json) -> Self {
        Self(value)
    }

    /// For the generated code: the members of a document of a kind that is not known.
    #[doc(hidden)]
    pub fn __encode_fields<M: SerializeMap>(&self, fields: &mut M) -> Result<(), M::Error> {
        let Json::Object(members) = &self.0 else {
            return Err(M::Error::custom("a document is an object"));
        };
        for (name, value) in members {
            fields.serialize_entry(name, value)?;
        }
        Ok(())
    }

    /// The value; `None` if it is not in Convex's encoding.
    pub fn value(&self) -> Option<Value> {
        Value::deserialize(&self.0).ok()
    }
}

impl Serialize for UnknownValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The value as a `T`, if the validator `V` takes it.
pub fn member<V, T: Field<V>>(value: &Json) -> Option<T> {
    T::decode(value.into_deserializer()).ok()
}

/// Writes a variant of a union that is told by a literal: `tag: literal`, and the fields.
pub fn encode_tagged<T: Object, S: Serializer>(
    serializer: S,
    tag: &'static str,
    literal: &impl Serialize,
    fields: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry(tag, literal)?;
    fields.encode_fields(&mut map)?;
    map.end()
}

/// The same for a variant without other fields.
pub fn encode_tag<S: Serializer>(
    serializer: S,
    tag: &'static str,
    literal: &impl Serialize,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, literal)?;
    map.end()
}

#[cfg(test)]
mod tests {
    use serde::de::MapAccess;
    use serde_json::json;

    use super::super::object::Entries;
    use super::*;

    /// As for `v.object({ a: v.optional(v.null()) })`.
    #[derive(Debug, PartialEq)]
    struct Optional;

    impl Object for Optional {
        const KEYS: &'static [&'static str] = &["a"];

        fn encode_fields<M: SerializeMap>(&self, _: &mut M) -> Result<(), M::Error> {
            Ok(())
        }

        fn decode_fields<'de, A: MapAccess<'de>>(
            mut fields: Entries<'_, A>,
        ) -> Result<Self, A::Error> {
            while fields.next_known()?.is_some() {
                fields.value::<v::Null, ()>()?;
            }
            Ok(Self)
        }
    }

    #[test]
    fn an_encoded_value_is_no_object_even_where_no_field_is_required() {
        let read = |json| member::<v::Object<Optional>, Optional>(&json);
        assert_eq!(read(json!({})), Some(Optional));
        assert_eq!(read(json!({"newer": 1})), Some(Optional));
        assert_eq!(read(json!({"$integer": "BwAAAAAAAAA="})), None);
        assert_eq!(read(json!({"$weird": 1})), None);
        assert_eq!(read(json!({"a": null, "$weird": 1})), None);
    }
}
