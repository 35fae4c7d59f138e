use byod_schema::Value;
use serde::de::IntoDeserializer;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use super::field::Field;
use super::object::{self, Object};
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
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownValue(Json);

impl UnknownValue {
    /// For the generated code.
    #[doc(hidden)]
    pub fn __read(value: Json) -> Self {
        Self(value)
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

/// The value as a generated struct, if it has its fields, and no others where
/// `exact`: Convex's objects have no fields but their own, so of two members
/// that could be read the one without a rest is meant.
pub fn object_member<T: Object>(value: &Json, exact: bool) -> Option<T> {
    let members = value.as_object()?;
    let all_known = || members.keys().all(|key| T::KEYS.contains(&key.as_str()));
    if exact && !all_known() {
        return None;
    }
    object::decode(value.into_deserializer()).ok()
}

/// Writes a variant of a union that is told by a literal: `tag: text`, and the fields.
pub fn encode_tagged<T: Object, S: Serializer>(
    serializer: S,
    tag: &'static str,
    text: &'static str,
    fields: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry(tag, text)?;
    fields.encode_fields(&mut map)?;
    map.end()
}

/// The same for a variant without other fields.
pub fn encode_tag<S: Serializer>(
    serializer: S,
    tag: &'static str,
    text: &'static str,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, text)?;
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
        let read = |json| object_member::<Optional>(&json, false);
        assert_eq!(read(json!({})), Some(Optional));
        assert_eq!(read(json!({"newer": 1})), Some(Optional));
        assert_eq!(read(json!({"$integer": "BwAAAAAAAAA="})), None);
        assert_eq!(read(json!({"$weird": 1})), None);
        assert_eq!(read(json!({"a": null, "$weird": 1})), None);
    }
}
