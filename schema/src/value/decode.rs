use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Members, TOO_DEEP, Value, ValueError, eight_bytes, integer_from_base64};

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ValueVisitor { depth: 0 }.deserialize(deserializer)
    }
}

/// Reads a value that `depth` arrays and objects are around.
#[derive(Clone, Copy)]
struct ValueVisitor {
    depth: usize,
}

impl ValueVisitor {
    /// For what is in an array or object here.
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == Value::MAX_DEPTH {
            return Err(E::custom(TOO_DEEP));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for ValueVisitor {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

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
        let (mut values, inner) = (Vec::new(), self.inner()?);
        while let Some(value) = seq.next_element_seed(inner)? {
            push(&mut values, value);
        }
        values.shrink_to_fit();
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if key.starts_with('$') {
                if !fields.is_empty() {
                    return Err(de::Error::custom(format_args!(
                        "a field name may not begin with `$`: `{key}`"
                    )));
                }
                return special(&key, map);
            }
            let value = map.next_value_seed(self.inner()?)?;
            push(&mut fields, (key, value));
        }
        fields.shrink_to_fit();
        Ok(Value::Object(Members::of(fields)))
    }
}

/// Adds one more. What is said of how many there will be comes from outside and is not
/// believed. Few take no more room than they need, and many half as much again: a vector
/// by itself has room for four as soon as there is one, and doubles.
fn push<T>(values: &mut Vec<T>, value: T) {
    const MANY: usize = 64;
    if values.len() == values.capacity() {
        let more = match values.len() {
            0 => 1,
            few if few < MANY => few,
            many => many / 2,
        };
        values.reserve_exact(more);
    }
    values.push(value);
}

/// What serde_json gives instead of a number, as the one member of a map, where
/// any crate of the build switches its feature `arbitrary_precision` on.
const NUMBER: &str = "$serde_json::private::Number";

/// Reads the one member of `{"$integer": …}`, `{"$float": …}` or `{"$bytes": …}`.
fn special<'de, A: MapAccess<'de>>(key: &str, mut map: A) -> Result<Value, A::Error> {
    let text: Cow<'de, str> = match key {
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
