use std::fmt;

use super::{Nested, Value};

/// As JavaScript would print it: `7n`, `"text"`, `{a: 1}`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Nested(self, 0), f)
    }
}

impl fmt::Display for Nested<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, depth) = *self;
        let inner = depth + 1;
        match value {
            Value::Null => f.write_str("null"),
            Value::Boolean(value) => value.fmt(f),
            Value::Float64(value) if value.is_infinite() => f.write_str(if *value > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            }),
            Value::Float64(value) => value.fmt(f),
            Value::Int64(value) => write!(f, "{value}n"),
            Value::String(value) => write!(f, "{value:?}"),
            Value::Bytes(value) => write!(f, "{} bytes", value.len()),
            Value::Array(_) | Value::Object(_) if depth == Value::MAX_DEPTH => f.write_str("…"),
            Value::Array(values) => {
                f.write_str("[")?;
                for (i, value) in values.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    write!(f, "{}", Nested(value, inner))?;
                }
                f.write_str("]")
            }
            Value::Object(fields) => {
                f.write_str("{")?;
                for (i, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    write!(f, "{name}: ")?;
                    write!(f, "{}", Nested(value, inner))?;
                }
                f.write_str("}")
            }
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Nested(self, 0), f)
    }
}

impl fmt::Debug for Nested<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, depth) = *self;
        let inner = depth + 1;
        match value {
            Value::Null => f.write_str("Null"),
            Value::Boolean(value) => f.debug_tuple("Boolean").field(value).finish(),
            Value::Float64(value) => f.debug_tuple("Float64").field(value).finish(),
            Value::Int64(value) => f.debug_tuple("Int64").field(value).finish(),
            Value::String(value) => f.debug_tuple("String").field(value).finish(),
            Value::Bytes(value) => f.debug_tuple("Bytes").field(value).finish(),
            Value::Array(_) | Value::Object(_) if depth == Value::MAX_DEPTH => f.write_str("…"),
            Value::Array(values) => f.write_str("Array ").and_then(|()| {
                f.debug_list()
                    .entries(values.iter().map(|value| Nested(value, inner)))
                    .finish()
            }),
            Value::Object(fields) => {
                f.write_str("Object ")?;
                let fields = fields.iter();
                f.debug_map()
                    .entries(fields.map(|(name, value)| (name, Nested(value, inner))))
                    .finish()
            }
        }
    }
}
