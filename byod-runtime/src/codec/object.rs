use std::fmt;
use std::marker::PhantomData;

use byod_schema::{Members, Value};
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value as Json;

use super::field::{Field, Seed, no_field};
use super::validators as v;

/// A generated struct for an object validator; written and read field by field.
pub trait Object: Sized {
    /// The fields' names, sorted.
    const KEYS: &'static [&'static str];

    /// Writes the fields that are there.
    fn encode_fields<M: SerializeMap>(&self, fields: &mut M) -> Result<(), M::Error>;

    /// Reads the fields, in any order.
    fn decode_fields<'de, A: MapAccess<'de>>(fields: Entries<'_, A>) -> Result<Self, A::Error>;
}

/// The members of the JSON object being read.
pub struct Entries<'a, A> {
    map: A,
    /// Where `_id` and `_creationTime` go, if they are wanted.
    system: Option<&'a mut System>,
    keys: &'static [&'static str],
    /// Whether members that are not of `keys` are a mistake.
    refuses_others: bool,
    /// Deployments send fields sorted: the next key is mostly the next of `keys`.
    expected: usize,
}

/// The two fields that every document has.
#[derive(Default)]
pub(super) struct System {
    pub(super) id: Option<String>,
    pub(super) creation_time: Option<f64>,
}

impl<'de, A: MapAccess<'de>> Entries<'_, A> {
    /// The index in [`Object::KEYS`] of the next member that is one of them.
    pub fn next_known(&mut self) -> Result<Option<usize>, A::Error> {
        while let Some(key) = self.map.next_key_seed(KeySeed {
            keys: self.keys,
            expected: self.expected,
            of_document: self.system.is_some(),
            refuses_others: self.refuses_others,
        })? {
            match (key, self.system.as_deref_mut()) {
                (Key::Known(index), _) => {
                    self.expected = index + 1;
                    return Ok(Some(index));
                }
                (Key::Id, Some(system)) => system.id = Some(self.map.next_value()?),
                (Key::CreationTime, Some(system)) => {
                    system.creation_time =
                        Some(self.map.next_value_seed(Seed::<v::Number, f64>::new())?);
                }
                (Key::Reserved(key), _) => return Err(no_field(&key)),
                // A field that a newer schema has: nothing here can hold it.
                _ => {
                    self.map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(None)
    }

    /// All members but a document's own two, for objects without fixed fields.
    pub fn rest(self) -> Result<Members, A::Error> {
        self.collect::<Value, Vec<_>>().map(Members::from_iter)
    }

    /// The same as an object of JSON, for documents of more than one kind.
    pub fn json(self) -> Result<Json, A::Error> {
        self.collect().map(Json::Object)
    }

    fn collect<V, M>(mut self) -> Result<M, A::Error>
    where
        V: Deserialize<'de>,
        M: Default + Extend<(String, V)>,
    {
        let mut members = M::default();
        while let Some(key) = self.map.next_key::<String>()? {
            match (key.as_str(), self.system.as_deref_mut()) {
                ("_id", Some(system)) => system.id = Some(self.map.next_value()?),
                ("_creationTime", Some(system)) => {
                    system.creation_time =
                        Some(self.map.next_value_seed(Seed::<v::Number, f64>::new())?);
                }
                (reserved, _) if reserved.starts_with('$') => return Err(no_field(reserved)),
                _ => {
                    let value = self.map.next_value()?;
                    members.extend([(key, value)]);
                }
            }
        }
        Ok(members)
    }

    /// The error of the value that was read last, with the name of its field.
    #[cold]
    fn of_field(&self, error: &A::Error) -> A::Error {
        let field = self.expected.checked_sub(1);
        let field = field.and_then(|at| self.keys.get(at)).unwrap_or(&"");
        de::Error::custom(format_args!("`{field}`: {error}"))
    }

    pub(super) fn value<V, T: Field<V>>(&mut self) -> Result<T, A::Error> {
        match self.map.next_value_seed(Seed::<V, T>::new()) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.of_field(&error)),
        }
    }
}

enum Key {
    Known(usize),
    Id,
    CreationTime,
    /// It begins with `$`.
    Reserved(String),
    Other,
}

struct KeySeed {
    keys: &'static [&'static str],
    expected: usize,
    /// Whether it is a document, which has two fields that no table declares.
    of_document: bool,
    refuses_others: bool,
}

/// How many fields after the last one are looked at before all are searched.
const LEFT_OUT: usize = 8;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Key, E> {
        let following = self.keys.get(self.expected..).unwrap_or(&[]);
        if following.first() == Some(&key) {
            return Ok(Key::Known(self.expected));
        }
        if self.of_document && key.starts_with('_') {
            match key {
                "_id" => return Ok(Key::Id),
                "_creationTime" => return Ok(Key::CreationTime),
                _ => {}
            }
        }
        let near = &following[..following.len().min(LEFT_OUT)];
        if let Some(left_out) = near.iter().position(|near| *near == key) {
            return Ok(Key::Known(self.expected + left_out));
        }
        Ok(match self.keys.binary_search(&key) {
            Ok(index) => Key::Known(index),
            Err(_) if self.refuses_others => return Err(E::unknown_field(key, self.keys)),
            Err(_) if key.starts_with('$') => Key::Reserved(key.to_owned()),
            Err(_) => Key::Other,
        })
    }
}

/// Writes a generated struct as an object.
pub fn encode<T: Object, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    value.encode_fields(&mut map)?;
    map.end()
}

/// Reads a generated struct from an object.
pub fn decode<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor {
        system: None,
        refuses_others: false,
        object: PhantomData,
    })
}

/// Reads the arguments of a function from an object, such as the body of a request.
/// What is no argument is an error, as it would be on the deployment.
pub fn decode_arguments<'de, T: Object, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor {
        system: None,
        refuses_others: true,
        object: PhantomData,
    })
}

/// Reads a generated struct, and beside it a document's own two fields.
pub(super) fn decode_document<'de, T: Object, D: Deserializer<'de>>(
    deserializer: D,
    system: &mut System,
) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor {
        system: Some(system),
        refuses_others: false,
        object: PhantomData,
    })
}

struct ObjectVisitor<'a, T> {
    system: Option<&'a mut System>,
    refuses_others: bool,
    object: PhantomData<T>,
}

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::decode_fields(Entries {
            map,
            system: self.system,
            keys: T::KEYS,
            refuses_others: self.refuses_others,
            expected: 0,
        })
    }
}

impl<T: Object> Field<v::Object<T>> for T {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        encode(self, serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode(deserializer)
    }
}
