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
        deserializer.deserialize_any(Number)
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

/// A number, or the object that encodes one that JSON has no literal for.
struct Number;

impl<'de> Visitor<'de> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<f64, A::Error> {
        match Special("a number").visit_map(map)? {
            Value::Float64(value) => Ok(value),
            other => Err(unexpected(&other, "a number")),
        }
    }
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
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn a_number_is_read_as_the_one_that_was_written(number in any::<f64>()) {
            let json = serde_json::to_string(&Value::Float64(number)).unwrap();
            let back = read::<v::Number, f64>(&json).unwrap();
            prop_assert_eq!(back.to_bits(), number.to_bits(), "{}", json);
        }
    }

    #[test]
    fn numbers_are_read_where_serde_json_keeps_their_text() {
        // What it gives with its feature `arbitrary_precision`.
        let number = [("$serde_json::private::Number", "1.5")].into_iter();
        let number = de::value::MapDeserializer::<_, de::value::Error>::new(number);
        assert_eq!(<f64 as Field<v::Number>>::decode(number), Ok(1.5));
    }

    #[test]
    fn bytes_are_base64() {
        assert_eq!(
            read::<v::Bytes, Vec<u8>>(r#"{"$bytes":"AAEC/f7/"}"#),
            Ok(vec![0, 1, 2, 0xfd, 0xfe, 0xff])
        );
    }

    proptest::proptest! {
        #[test]
        fn every_finite_number_survives_its_text(bits: u64) {
            let value = f64::from_bits(bits);
            proptest::prop_assume!(value.is_finite());
            let mut json = Vec::new();
            Field::<v::Number>::encode(&value, &mut serde_json::Serializer::new(&mut json)).unwrap();
            let json = String::from_utf8(json).unwrap();
            assert_eq!(read::<v::Number, f64>(&json).unwrap().to_bits(), bits, "{json}");
        }
    }
}
