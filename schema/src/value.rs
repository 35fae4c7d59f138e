mod clean;
mod decode;
mod encode;
mod members;
mod print;

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serializer;
use serde::ser::SerializeMap;

pub use clean::Clean;
pub use members::Members;

/// A Convex value. Its serde form is `convex_encoded_json`, which loses nothing:
/// int64 is `{"$integer": …}`, bytes `{"$bytes": …}`, and NaN, ±Infinity and -0
/// are `{"$float": …}`, each with base64 of (little-endian) bytes.
///
/// Values nested deeper than [`Value::MAX_DEPTH`] can neither be read nor written,
/// and print as `…` from there on. So none comes from outside; a program that makes one
/// of thousands of levels itself needs the stack to clone, compare or drop it.
///
/// To read one takes at most [`Value::MAX_COST`] times the size of its JSON in memory,
/// whatever is in it: how much JSON is read is for the reader to bound.
///
/// ```
/// # extern crate byod_schema as byod_runtime;
/// use byod_runtime::Value;
///
/// let note = Value::from_iter([("title", Value::from("Hi")), ("count", Value::Int64(2))]);
/// assert_eq!(serde_json::to_string(&note)?, r#"{"count":{"$integer":"AgAAAAAAAAA="},"title":"Hi"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq)]
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
    Object(Members),
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
    /// How deep arrays and objects may be nested in each other. Convex itself takes
    /// 64 levels.
    pub const MAX_DEPTH: usize = 127;

    /// How many times the size of its JSON a value takes in memory at most while it is
    /// read, not counting what the allocator itself needs.
    pub const MAX_COST: usize = 28;

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

const TOO_DEEP: &str = "the value is nested too deep: Convex takes 64 levels";

/// A value that so many arrays and objects are around.
struct Nested<'a>(&'a Value, usize);

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
    Members => Object,
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
    use serde::{Deserialize, de};

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

    /// `levels` arrays or objects in each other.
    fn deep(levels: usize, objects: bool) -> Value {
        (0..levels).fold(Value::Null, |inner, _| match objects {
            true => Value::from_iter([("a", inner)]),
            false => Value::Array(vec![inner]),
        })
    }

    #[test]
    fn a_value_nested_too_deep_is_an_error_and_not_the_end() {
        for objects in [false, true] {
            let most = deep(Value::MAX_DEPTH, objects);
            let json = serde_json::to_string(&most).unwrap();
            assert_eq!(decode(&json).unwrap(), most);
            let too_deep = deep(Value::MAX_DEPTH + 1, objects);
            let error = serde_json::to_string(&too_deep).unwrap_err().to_string();
            assert!(error.contains("nested too deep"), "{error}");
            // What is not JSON has no limit of its own.
            let of_json =
                (0..=Value::MAX_DEPTH).fold(serde_json::Value::Null, |inner, _| match objects {
                    true => serde_json::json!({"a": inner}),
                    false => serde_json::json!([inner]),
                });
            let error = Value::deserialize(of_json).unwrap_err().to_string();
            assert!(error.contains("nested too deep"), "{error}");
        }
        for levels in [10_000, 100_000] {
            let json = "[".repeat(levels) + &"]".repeat(levels);
            assert!(decode(&json).is_err());
            let json = r#"{"a":"#.repeat(levels) + "1" + &"}".repeat(levels);
            assert!(decode(&json).is_err());
        }
        for objects in [false, true] {
            // Nobody but a program can make one, and to drop it is recursive.
            let value = std::mem::ManuallyDrop::new(deep(10_000, objects));
            let value: &Value = &value;
            assert!(serde_json::to_string(value).is_err());
            assert!(serde_json::to_value(value).is_err());
            for text in [
                value.to_string(),
                format!("{value:?}"),
                format!("{value:#?}"),
            ] {
                assert!(text.contains('…'));
            }
        }
    }

    #[test]
    fn it_prints_as_javascript_has_it_or_as_rust_has_it() {
        let json = r#"{"a": [1, "x", {"$integer": "BwAAAAAAAAA="}], "b": {"$bytes": "AAA="}}"#;
        let value = decode(json).unwrap();
        assert_eq!(value.to_string(), r#"{a: [1, "x", 7n], b: 2 bytes}"#);
        let expected =
            r#"Object {"a": Array [Float64(1.0), String("x"), Int64(7)], "b": Bytes([0, 0])}"#;
        assert_eq!(format!("{value:?}"), expected);
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
