use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use byod_schema::Value;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::validators as v;

/// A Rust type that can hold every value of the validator `V` (a marker of
/// [`v`](crate::v)), with how it is written and read.
///
/// Implement it for your own types to use them in table structs. A newtype passes
/// on to what is in it, and may refuse a value, which becomes an error that names
/// the field; times are there already ([`Timestamp`](crate::Timestamp)):
///
/// ```
/// use byod_runtime::{Field, v};
/// use serde::{Deserializer, Serializer};
///
/// struct Theme(String);
///
/// impl Field<v::String> for Theme {
///     fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
///         Field::<v::String>::encode(&self.0, serializer)
///     }
///     fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
///         <String as Field<v::String>>::decode(deserializer).map(Theme)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't hold the values of the validator `{V}`",
    label = "the schema says `{V}` here",
    note = "v.string() is held by `String`, v.number() by `f64`, v.int64() by `i64`, v.boolean() by `bool`, v.null() by `()`, v.bytes() by `Vec<u8>`, v.id(\"table\") by `Id<Table>`, v.array(…) by `Vec<…>`, v.record(…) by `BTreeMap<String, …>`, v.union(…, v.null()) by `Option<…>`, objects and unions by the types in the table's module, and every validator by `Value`",
    note = "for a type of your own, implement `Field<{V}>`"
)]
pub trait Field<V>: Sized {
    /// Writes the value in Convex's encoding.
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the value from Convex's encoding.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// A Rust type for a field that may be left out: an `Option` of a [`Field`].
///
/// Absent is not null: `v.optional(v.union(v.string(), v.null()))` is held by
/// `Option<Option<String>>`.
///
/// ```
/// use byod_runtime::{OptionalField, v};
///
/// fn holds_what_may_be_absent<T: OptionalField<v::String>>() {}
/// holds_what_may_be_absent::<Option<String>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be left out, but the schema says this field is optional",
    label = "this field may be absent",
    note = "write `Option<{Self}>`"
)]
pub trait OptionalField<V>: Sized {
    /// What it is when it is there.
    type Present: Field<V>;

    /// From what was read.
    fn from_option(value: Option<Self::Present>) -> Self;

    /// What to write, if anything.
    fn as_option(&self) -> Option<&Self::Present>;
}

impl<V, T: Field<V>> OptionalField<V> for Option<T> {
    type Present = T;

    fn from_option(value: Option<T>) -> Self {
        value
    }

    fn as_option(&self) -> Option<&T> {
        self.as_ref()
    }
}

/// Reads a `T` as the validator `V` says.
pub(crate) struct Seed<V, T>(PhantomData<fn() -> (V, T)>);

impl<V, T> Seed<V, T> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<V, T> Clone for Seed<V, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V, T> Copy for Seed<V, T> {}

impl<'de, V, T: Field<V>> DeserializeSeed<'de> for Seed<V, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::decode(deserializer)
    }
}

/// Writes a `T` as the validator `V` says.
pub(super) struct Encoded<'a, V, T>(&'a T, PhantomData<fn() -> V>);

impl<'a, V, T> Encoded<'a, V, T> {
    pub(super) const fn new(value: &'a T) -> Self {
        Self(value, PhantomData)
    }
}

impl<V, T: Field<V>> Serialize for Encoded<'_, V, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.encode(serializer)
    }
}

impl<V, T: Field<V>> Field<v::Array<V>> for Vec<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Encoded::<V, T>::new))
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<V, T>(Seed<V, T>);

        impl<'de, V, T: Field<V>> Visitor<'de> for Elements<V, T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
                // The hint comes from outside: never reserve more than a page on its word.
                let mut values = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1024));
                while let Some(value) = seq.next_element_seed(self.0)? {
                    values.push(value);
                }
                Ok(values)
            }
        }

        deserializer.deserialize_seq(Elements(Seed::<V, T>::new()))
    }
}

impl<V, T: Field<V>> Field<v::Nullable<V>> for Option<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.encode(serializer),
            None => serializer.serialize_unit(),
        }
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OrNull<V, T>(Seed<V, T>);

        impl<'de, V, T: Field<V>> Visitor<'de> for OrNull<V, T> {
            type Value = Option<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_none<E>(self) -> Result<Option<T>, E> {
                Ok(None)
            }

            fn visit_unit<E>(self) -> Result<Option<T>, E> {
                Ok(None)
            }

            fn visit_some<D: Deserializer<'de>>(self, present: D) -> Result<Option<T>, D::Error> {
                self.0.deserialize(present).map(Some)
            }
        }

        deserializer.deserialize_option(OrNull(Seed::<V, T>::new()))
    }
}

/// Reads the entries of a record into any map.
struct RecordEntries<K, V, A, B, M>(Seed<K, A>, Seed<V, B>, PhantomData<M>);

impl<'de, K, V, A, B, M> Visitor<'de> for RecordEntries<K, V, A, B, M>
where
    A: Field<K>,
    B: Field<V>,
    M: Default + Extend<(A, B)>,
{
    type Value = M;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<R: MapAccess<'de>>(self, mut map: R) -> Result<M, R::Error> {
        let mut entries = M::default();
        while let Some(key) = map.next_key::<String>()? {
            if key.starts_with('$') {
                return Err(no_field(&key));
            }
            let key = self.0.deserialize(key.into_deserializer())?;
            entries.extend([(key, map.next_value_seed(self.1)?)]);
        }
        Ok(entries)
    }
}

macro_rules! record {
    ($map:ident<$key:ident, $value:ident $(, $hasher:ident)?>, $($bound:tt)+) => {
        impl<K, V, $key, $value $(, $hasher)?> Field<v::Record<K, V>> for $map<$key, $value $(, $hasher)?>
        where
            $key: Field<K> + $($bound)+,
            $value: Field<V>,
            $($hasher: BuildHasher + Default,)?
        {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut entries = serializer.serialize_map(Some(self.len()))?;
                for (key, value) in self {
                    entries.serialize_entry(
                        &Encoded::<K, $key>::new(key),
                        &Encoded::<V, $value>::new(value),
                    )?;
                }
                entries.end()
            }

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(RecordEntries(
                    Seed::<K, $key>::new(),
                    Seed::<V, $value>::new(),
                    PhantomData::<Self>,
                ))
            }
        }
    };
}

record!(BTreeMap<A, B>, Ord);
record!(HashMap<A, B, H>, Eq + Hash);

/// [`Value`] holds whatever a deployment sends, so it fits every validator.
impl<V> Field<V> for Value {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// The value in Convex's encoding, as it came: an int64 is `{"$integer": …}`.
impl Field<v::Any> for serde_json::Value {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// Names that begin with `$` are how values are encoded that JSON has no literal
/// for: `{"$integer": …}` is no object.
pub(super) fn no_field<E: serde::de::Error>(key: &str) -> E {
    E::custom(format_args!(
        "expected an object, found `{key}`, which no field is called"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write<V, T: Field<V>>(value: &T) -> String {
        serde_json::to_string(&Encoded::<V, T>::new(value)).unwrap()
    }

    fn read<V, T: Field<V>>(json: &str) -> Result<T, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_str(json);
        Seed::<V, T>::new().deserialize(&mut json)
    }

    #[test]
    fn containers_follow_their_validators() {
        type Scores = v::Record<v::String, v::Array<v::Nullable<v::Int64>>>;
        let scores = BTreeMap::from([("a".to_owned(), vec![Some(7), None])]);
        let json = r#"{"a":[{"$integer":"BwAAAAAAAAA="},null]}"#;
        assert_eq!(write::<Scores, _>(&scores), json);
        assert_eq!(
            read::<Scores, BTreeMap<String, Vec<Option<i64>>>>(json).unwrap(),
            scores
        );
        assert_eq!(
            read::<Scores, HashMap<String, Vec<Option<i64>>>>(json)
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn an_encoded_value_is_no_record() {
        type Names = v::Record<v::String, v::String>;
        let int64 = r#"{"$integer":"BwAAAAAAAAA="}"#;
        let error = read::<Names, BTreeMap<String, String>>(int64).unwrap_err();
        assert!(error.to_string().contains("found `$integer`"), "{error}");
    }

    #[test]
    fn nested_options_tell_absent_from_null() {
        let present =
            <Option<Option<String>> as OptionalField<v::Nullable<v::String>>>::from_option(Some(
                read::<v::Nullable<v::String>, _>("null").unwrap(),
            ));
        assert_eq!(present, Some(None));
    }
}
