use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use super::{Nested, TOO_DEEP, Value};

/// A value as Convex's format `json` writes it; see [`Value::clean`].
#[derive(Clone, Copy)]
pub struct Clean<'a>(&'a Value);

impl Value {
    /// The value in Convex's format `json`, for clients that want plain JSON: int64 and special floats are text, bytes are
    /// base64. What it was can't be told from that.
    ///
    /// ```
    /// # use byod_schema::Value;
    /// let value = Value::from_iter([("count", Value::Int64(42))]);
    /// assert_eq!(serde_json::to_string(&value.clean()).unwrap(), r#"{"count":"42"}"#);
    /// ```
    pub fn clean(&self) -> Clean<'_> {
        Clean(self)
    }
}

impl Serialize for Clean<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        CleanNested(Nested(self.0, 0)).serialize(serializer)
    }
}

struct CleanNested<'a>(Nested<'a>);

impl Serialize for CleanNested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Nested(value, depth) = self.0;
        let inner = |value| CleanNested(Nested(value, depth + 1));
        match value {
            Value::Int64(value) => serializer.collect_str(value),
            Value::Float64(value) if value.is_nan() => serializer.serialize_str("NaN"),
            Value::Float64(value) if value.is_infinite() => {
                let sign = if *value > 0.0 { "" } else { "-" };
                serializer.collect_str(&format_args!("{sign}Infinity"))
            }
            Value::Float64(value) if *value == 0.0 => serializer.serialize_f64(*value),
            Value::Bytes(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            Value::Array(_) | Value::Object(_) if depth == Value::MAX_DEPTH => {
                Err(S::Error::custom(TOO_DEEP))
            }
            Value::Array(values) => serializer.collect_seq(values.iter().map(inner)),
            Value::Object(fields) => {
                let fields = fields.iter();
                serializer.collect_map(fields.map(|(name, value)| (name, inner(value))))
            }
            same => same.serialize(serializer),
        }
    }
}
