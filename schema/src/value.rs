use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A Convex value. Its serde form is `convex_encoded_json`, which loses nothing:
/// int64 is `{"$integer": …}`, bytes `{"$bytes": …}`, and NaN, ±Infinity and -0
/// are `{"$float": …}`, each with base64 of (little-endian) bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A `number`.
    Float64(f64),
    /// A `bigint`.
    Int64(i64),
    /// A `string`; ids are strings.
    String(String),
    /// An `ArrayBuffer`.
    Bytes(Vec<u8>),
    /// An array.
    Array(Vec<Value>),
    /// An object or record. Convex orders the fields by name.
    Object(BTreeMap<String, Value>),
}

/// Why an encoded value could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// The text is not base64.
    NotBase64,
    /// The bytes are not exactly eight.
    NotEightBytes,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotBase64 => "expected base64",
            Self::NotEightBytes => "expected base64 of exactly 8 bytes",
        })
    }
}

impl std::error::Error for ValueError {}

/// The text of `{"$integer": …}` for `value`.
pub fn integer_to_base64(value: i64) -> String {
    STANDARD.encode(value.to_le_bytes())
}

/// The int64 that `{"$integer": text}` stands for.
pub fn integer_from_base64(text: &str) -> Result<i64, ValueError> {
    eight_bytes(text).map(i64::from_le_bytes)
}

fn eight_bytes(text: &str) -> Result<[u8; 8], ValueError> {
    let bytes = STANDARD.decode(text).map_err(|_| ValueError::NotBase64)?;
    bytes.try_into().map_err(|_| ValueError::NotEightBytes)
}

/// Whether JSON has no number for it, so that it is written as `{"$float": …}`.
fn is_special(value: f64) -> bool {
    !value.is_finite() || (value == 0.0 && value.is_sign_negative())
}

impl Value {
    /// Writes a float64 in Convex's encoding; for codecs of typed structs.
    pub fn serialize_float64<S: Serializer>(value: f64, serializer: S) -> Result<S::Ok, S::Error> {
        const SAFE: f64 = 9_007_199_254_740_991.0;
        if is_special(value) {
            one_member(serializer, "$float", &STANDARD.encode(value.to_le_bytes()))
        } else if value.fract() == 0.0 && value.abs() <= SAFE {
            // As JavaScript prints it: `1`, not `1.0`. The cast is exact up to 2^53.
            serializer.serialize_i64(value as i64)
        } else {
            serializer.serialize_f64(value)
        }
    }

    /// Writes an int64 in Convex's encoding.
    pub fn serialize_int64<S: Serializer>(value: i64, serializer: S) -> Result<S::Ok, S::Error> {
        one_member(serializer, "$integer", &integer_to_base64(value))
    }

    /// Writes bytes in Convex's encoding.
    pub fn serialize_bytes<S: Serializer>(value: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        one_member(serializer, "$bytes", &STANDARD.encode(value))
    }

    /// The name of its type, as Convex's messages have it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Float64(_) => "float64",
            Self::Int64(_) => "int64",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

fn one_member<S: Serializer>(serializer: S, key: &str, text: &str) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(key, text)?;
    map.end()
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Float64(value) => Self::serialize_float64(*value, serializer),
            Self::Int64(value) => Self::serialize_int64(*value, serializer),
            Self::String(value) => serializer.serialize_str(value),
            Self::Bytes(value) => Self::serialize_bytes(value, serializer),
            Self::Array(values) => values.serialize(serializer),
            Self::Object(fields) => fields.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Convex value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    // A plain JSON number is always a float64; integers beyond 2^53 round, as in JavaScript.
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Float64(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Float64(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float64(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            if key.starts_with('$') {
                if !fields.is_empty() {
                    return Err(de::Error::custom(format_args!(
                        "a field name may not begin with `$`: `{key}`"
                    )));
                }
                return special(&key, map);
            }
            fields.insert(key, map.next_value()?);
        }
        Ok(Value::Object(fields))
    }
}

/// What serde_json gives instead of a number, as the one member of a map, where
/// any crate of the build switches its feature `arbitrary_precision` on.
const NUMBER: &str = "$serde_json::private::Number";

/// Reads the one member of `{"$integer": …}`, `{"$float": …}` or `{"$bytes": …}`.
fn special<'de, A: MapAccess<'de>>(key: &str, mut map: A) -> Result<Value, A::Error> {
    let text: std::borrow::Cow<'de, str> = match key {
        "$integer" | "$float" | "$bytes" | NUMBER => map.next_value()?,
        _ => {
            return Err(de::Error::custom(format_args!(
                "`{key}` is no encoding of a Convex value: expected `$integer`, `$float` or `$bytes`"
            )));
        }
    };
    if map.next_key::<de::IgnoredAny>()?.is_some() {
        return Err(de::Error::custom(format_args!(
            "`{key}` must be the only member of its object"
        )));
    }
    if key == NUMBER {
        return match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Float64(value)),
            _ => Err(de::Error::custom(format_args!(
                "`{text}` is not a number that a float64 can hold"
            ))),
        };
    }
    let value = match key {
        "$integer" => integer_from_base64(&text).map(Value::Int64),
        "$float" => eight_bytes(&text).map(|bytes| Value::Float64(f64::from_le_bytes(bytes))),
        _ => STANDARD
            .decode(text.as_bytes())
            .map(Value::Bytes)
            .map_err(|_| ValueError::NotBase64),
    };
    value.map_err(|error| de::Error::custom(format_args!("`{key}`: {error}")))
}

/// As JavaScript would print it: `7n`, `"text"`, `{a: 1}`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Float64(value) if value.is_infinite() => f.write_str(if *value > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            }),
            Self::Float64(value) => value.fmt(f),
            Self::Int64(value) => write!(f, "{value}n"),
            Self::String(value) => write!(f, "{value:?}"),
            Self::Bytes(value) => write!(f, "{} bytes", value.len()),
            Self::Array(values) => f.debug_list().entries(values.iter().map(Shown)).finish(),
            Self::Object(fields) => {
                f.write_str("{")?;
                for (i, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    write!(f, "{name}: {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

struct Shown<'a>(&'a Value);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! value_from {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

value_from! {
    bool => Boolean,
    f64 => Float64,
    i64 => Int64,
    &str => String,
    String => String,
    Vec<u8> => Bytes,
    Vec<Value> => Array,
    BTreeMap<String, Value> => Object,
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Value {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self::Object(
            fields
                .into_iter()
                .map(|(n, v)| (n.into(), v.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(json: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn malformed_encodings_are_errors_that_name_the_member() {
        for (json, message) in [
            (
                r#"{"$integer": "AA=="}"#,
                "`$integer`: expected base64 of exactly 8 bytes",
            ),
            (r#"{"$integer": "?"}"#, "`$integer`: expected base64"),
            (r#"{"$bytes": "?"}"#, "`$bytes`: expected base64"),
            (r#"{"$set": []}"#, "`$set` is no encoding"),
            (r#"{"a": 1, "$b": 1}"#, "may not begin with `$`"),
            (
                r#"{"$integer": "AAAAAAAAAAA=", "a": 1}"#,
                "must be the only member",
            ),
        ] {
            let error = decode(json).unwrap_err().to_string();
            assert!(error.contains(message), "{json}: {error}");
        }
    }

    /// As serde_json gives a number with its feature `arbitrary_precision`.
    fn decode_number(text: &str) -> Result<Value, de::value::Error> {
        Value::deserialize(de::value::MapDeserializer::new(
            [("$serde_json::private::Number", text)].into_iter(),
        ))
    }

    #[test]
    fn numbers_are_read_where_serde_json_keeps_their_text() {
        assert_eq!(decode_number("1.5"), Ok(Value::Float64(1.5)));
        assert_eq!(decode_number("-2e300"), Ok(Value::Float64(-2e300)));
        for text in ["1e999", "NaN", "one"] {
            let error = decode_number(text).unwrap_err().to_string();
            assert!(
                error.contains("not a number that a float64 can hold"),
                "{error}"
            );
        }
    }

    #[test]
    fn whole_numbers_are_written_as_javascript_prints_them() {
        assert_eq!(serde_json::to_string(&Value::Float64(3.0)).unwrap(), "3");
        assert_eq!(serde_json::to_string(&Value::Float64(0.5)).unwrap(), "0.5");
        assert_eq!(
            serde_json::to_string(&Value::Float64(-0.0)).unwrap(),
            r#"{"$float":"AAAAAAAAAIA="}"#
        );
    }

    proptest::proptest! {
        /// As text, a float64 is itself, to the last bit.
        #[test]
        fn every_float64_survives_its_text(bits: u64) {
            let value = f64::from_bits(bits);
            proptest::prop_assume!(!value.is_nan());
            let json = serde_json::to_string(&Value::Float64(value)).unwrap();
            let Value::Float64(read) = decode(&json).unwrap() else {
                panic!("{json} is no float64");
            };
            assert_eq!(read.to_bits(), bits, "{json}");
            assert_eq!(serde_json::to_string(&Value::Float64(read)).unwrap(), json);
        }
    }
}
