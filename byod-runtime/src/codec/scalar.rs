//! How the plain types are written and read.

use std::fmt;
use std::sync::Arc;

use byod_schema::Value;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::field::Field;
use super::validators as v;

macro_rules! as_serde {
    ($($type:ty => $validator:ty),* $(,)?) => {$(
        impl Field<$validator> for $type {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }
    )*};
}

as_serde! {
    bool => v::Boolean,
    () => v::Null,
    String => v::String,
}

macro_rules! shared_text {
    ($($type:ty),*) => {$(
        impl Field<v::String> for $type {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self)
            }

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Into::into)
            }
        }
    )*};
}

shared_text!(Box<str>, Arc<str>);

impl Field<v::Number> for f64 {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::serialize_float64(*self, serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(Special("a number"))? {
            Value::Float64(value) => Ok(value),
            other => Err(unexpected(&other, "a number")),
        }
    }
}

impl Field<v::Int64> for i64 {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::serialize_int64(*self, serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(Special("an int64"))? {
            Value::Int64(value) => Ok(value),
            other => Err(unexpected(&other, "an int64")),
        }
    }
}

impl Field<v::Bytes> for Vec<u8> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::serialize_bytes(self, serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(Special("bytes"))? {
            Value::Bytes(value) => Ok(value),
            other => Err(unexpected(&other, "bytes")),
        }
    }
}

fn unexpected<E: de::Error>(found: &Value, expected: &str) -> E {
    E::custom(format_args!(
        "expected {expected}, found {}",
        found.type_name()
    ))
}

/// A number, or one of the objects that encode what JSON has no literal for.
struct Special(&'static str);

impl<'de> Visitor<'de> for Special {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float64(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Float64(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Float64(value as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        Value::deserialize(de::value::MapAccessDeserializer::new(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<V, T: Field<V>>(json: &str) -> Result<T, String> {
        T::decode(&mut serde_json::Deserializer::from_str(json)).map_err(|e| e.to_string())
    }

    #[test]
    fn numbers_and_integers_are_told_apart() {
        assert_eq!(read::<v::Number, f64>("3"), Ok(3.0));
        assert_eq!(
            read::<v::Number, f64>(r#"{"$float":"AAAAAAAA8H8="}"#),
            Ok(f64::INFINITY)
        );
        assert_eq!(
            read::<v::Int64, i64>(r#"{"$integer":"//////////8="}"#),
            Ok(-1)
        );
        let error = read::<v::Int64, i64>("3").unwrap_err();
        assert!(
            error.starts_with("expected an int64, found float64"),
            "{error}"
        );
        let error = read::<v::Number, f64>(r#""3""#).unwrap_err();
        assert!(
            error.starts_with("invalid type: string \"3\", expected a number"),
            "{error}"
        );
    }

    proptest::proptest! {
        #[test]
        fn a_number_is_read_to_the_last_bit(number in proptest::num::f64::NORMAL) {
            let json = serde_json::to_string(&number)?;
            proptest::prop_assert_eq!(read::<v::Number, f64>(&json), Ok(number));
        }
    }

    #[test]
    fn bytes_are_base64() {
        assert_eq!(
            read::<v::Bytes, Vec<u8>>(r#"{"$bytes":"AAEC/f7/"}"#),
            Ok(vec![0, 1, 2, 0xfd, 0xfe, 0xff])
        );
    }
}
