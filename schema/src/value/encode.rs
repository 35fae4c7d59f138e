use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use super::{Members, Nested, TOO_DEEP, Value};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Nested(self, 0).serialize(serializer)
    }
}

/// As an object.
impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name, Nested(value, 1))))
    }
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value, depth) = *self;
        let inner = depth + 1;
        match value {
            Value::Null => serializer.serialize_unit(),
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Float64(value) => Value::serialize_float64(*value, serializer),
            Value::Int64(value) => Value::serialize_int64(*value, serializer),
            Value::String(value) => serializer.serialize_str(value),
            Value::Bytes(value) => Value::serialize_bytes(value, serializer),
            Value::Array(_) | Value::Object(_) if depth == Value::MAX_DEPTH => {
                Err(S::Error::custom(TOO_DEEP))
            }
            Value::Array(values) => {
                serializer.collect_seq(values.iter().map(|value| Nested(value, inner)))
            }
            Value::Object(fields) => {
                let fields = fields.iter();
                serializer.collect_map(fields.map(|(name, value)| (name, Nested(value, inner))))
            }
        }
    }
}
