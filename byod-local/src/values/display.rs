//! Values and validators as the backend's messages print them, which is not
//! how they are written in TypeScript: `1.0`, `v.float64()`, fields by name.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use byod_schema::{Field, Fields, Members, Validator, Value};

pub(crate) struct Shown<'a, T>(pub(crate) &'a T);

impl fmt::Display for Shown<'_, Value> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Boolean(value) => write!(f, "{value}"),
            Value::Float64(value) => write!(f, "{value:?}"),
            Value::Int64(value) => write!(f, "{value}"),
            Value::String(value) => write!(f, "{value:?}"),
            Value::Bytes(value) => write!(f, "b{:?}", STANDARD.encode(value)),
            Value::Array(values) => list(f, ["[", "]"], values.iter().map(Shown)),
            Value::Object(fields) => Shown(fields).fmt(f),
        }
    }
}

impl fmt::Display for Shown<'_, Members> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.0.iter().map(|(name, value)| Entry(name, Shown(value)));
        list(f, ["{", "}"], fields)
    }
}

impl fmt::Display for Shown<'_, Validator> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Validator::Number => f.write_str("v.float64()"),
            Validator::Literal { value } => write!(f, "v.literal({})", Literal(value)),
            Validator::Array { value } => write!(f, "v.array({})", Shown(&**value)),
            Validator::Record { keys, values } => {
                write!(f, "v.record({}, {})", Shown(&**keys), Shown(&**values))
            }
            Validator::Object { value } => Shown(value).fmt(f),
            Validator::Union { value } => list(f, ["v.union(", ")"], value.iter().map(Shown)),
            Validator::Other(members) => match members.get("type") {
                Some(Value::String(kind)) => write!(f, "v.{kind}()"),
                _ => f.write_str("v.any()"),
            },
            plain => plain.fmt(f),
        }
    }
}

impl fmt::Display for Shown<'_, Fields> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: BTreeMap<_, _> = self.0.iter().collect();
        let entries = fields
            .iter()
            .map(|(name, field)| Entry(name, Shown(*field)));
        list(f, ["v.object({", "})"], entries)
    }
}

impl fmt::Display for Shown<'_, Field> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field_type = Shown(&self.0.field_type);
        if self.0.optional {
            write!(f, "v.optional({field_type})")
        } else {
            field_type.fmt(f)
        }
    }
}

/// A literal validator's value: JSON where JSON has a form for it.
pub(crate) struct Literal<'a>(pub(crate) &'a Value);

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Int64(_) => f.write_str("<bigint>"),
            Value::Float64(value) if !value.is_finite() => f.write_str("<number>"),
            Value::String(text) => {
                let json = serde_json::to_string(text).map_err(|_| fmt::Error)?;
                f.write_str(&json)
            }
            value => Shown(value).fmt(f),
        }
    }
}

struct Entry<'a, T>(&'a str, T);

impl<T: fmt::Display> fmt::Display for Entry<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.1)
    }
}

fn list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    [open, close]: [&str; 2],
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    f.write_str(open)?;
    for (i, item) in items.enumerate() {
        f.write_str(if i == 0 { "" } else { ", " })?;
        item.fmt(f)?;
    }
    f.write_str(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> String {
        Shown(&serde_json::from_str::<Value>(json).unwrap()).to_string()
    }

    fn validator(json: &str) -> String {
        Shown(&serde_json::from_str::<Validator>(json).unwrap()).to_string()
    }

    #[test]
    fn values() {
        assert_eq!(value("[1, 0.5, null, true]"), "[1.0, 0.5, null, true]");
        assert_eq!(value(r#"{"$integer": "KgAAAAAAAAA="}"#), "42");
        assert_eq!(value(r#"{"$bytes": "ABCD"}"#), r#"b"ABCD""#);
        assert_eq!(value(r#"{"b": "x\"y", "a": {}}"#), r#"{a: {}, b: "x\"y"}"#);
    }

    #[test]
    fn validators() {
        assert_eq!(
            validator(
                r#"{"type": "object", "value": {
                    "z": {"fieldType": {"type": "number"}, "optional": true},
                    "a": {"fieldType": {"type": "union", "value": [
                        {"type": "literal", "value": "x"}, {"type": "literal", "value": 2},
                        {"type": "literal", "value": {"$integer": "KgAAAAAAAAA="}}]}, "optional": false},
                    "r": {"fieldType": {"type": "record", "keys": {"type": "id", "tableName": "users"},
                        "values": {"fieldType": {"type": "array", "value": {"type": "bigint"}}, "optional": false}},
                        "optional": false}}}"#
            ),
            r#"v.object({a: v.union(v.literal("x"), v.literal(2.0), v.literal(<bigint>)), r: v.record(v.id("users"), v.array(v.int64())), z: v.optional(v.float64())})"#
        );
    }
}
