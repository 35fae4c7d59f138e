mod decode;

mod plainest;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::value::Value;

/// What a value must look like, in the JSON shape of Convex's own validators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "type", rename_all = "camelCase")]
pub enum Validator {
    /// `v.any()`
    Any,
    /// `v.null()`
    Null,
    /// `v.boolean()`
    Boolean,
    /// `v.number()`, `v.float64()`
    Number,
    /// `v.int64()`, `v.bigint()`
    Bigint,
    /// `v.string()`
    String,
    /// `v.bytes()`
    Bytes,
    /// `v.id(tableName)`
    #[serde(rename_all = "camelCase")]
    Id {
        /// The table that the id must belong to.
        table_name: String,
    },
    /// `v.literal(value)`
    Literal {
        /// A string, number, boolean or int64.
        value: Value,
    },
    /// `v.array(value)`
    Array {
        /// The elements' validator.
        value: Box<Validator>,
    },
    /// `v.record(keys, values)`
    Record {
        /// The keys' validator.
        keys: Box<Validator>,
        /// The values' validator.
        values: Box<Field>,
    },
    /// `v.object(fields)`
    Object {
        /// The fields, in the order of the declaration.
        value: Fields,
    },
    /// `v.union(...members)`
    Union {
        /// The members; a value must match one of them.
        value: Vec<Validator>,
    },
    /// A validator this version does not know, kept as it was read.
    #[serde(untagged)]
    Other(BTreeMap<String, Value>),
}

impl Serialize for Validator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl Validator {
    /// The fields, if this is an object.
    pub fn as_object(&self) -> Option<&Fields> {
        match self {
            Self::Object { value } => Some(value),
            _ => None,
        }
    }

    /// The names of a document's top-level fields; `None` where it may be anything.
    pub fn document_fields(&self) -> Option<BTreeSet<&str>> {
        match self {
            Self::Object { value } => Some(value.names().collect()),
            Self::Union { value } => {
                let all: Option<Vec<_>> = value.iter().map(Self::document_fields).collect();
                Some(all?.into_iter().flatten().collect())
            }
            _ => None,
        }
    }

    /// Calls `visit` with the table of every `v.id()` in it, and the path to it
    /// (`members[].userId`), outermost first.
    pub fn visit_ids<'a>(&'a self, visit: &mut dyn FnMut(&str, &'a str)) {
        self.visit_ids_below(String::new(), visit);
    }

    /// The same with texts in place of the ids of those tables.
    #[must_use]
    pub fn with_texts_for(&self, tables: &BTreeSet<String>) -> Self {
        let of_field = |field: &Field| Field {
            field_type: field.field_type.with_texts_for(tables),
            optional: field.optional,
        };
        match self {
            Self::Id { table_name } if tables.contains(table_name) => Self::String,
            Self::Array { value } => Self::Array {
                value: Box::new(value.with_texts_for(tables)),
            },
            Self::Record { keys, values } => Self::Record {
                keys: Box::new(keys.with_texts_for(tables)),
                values: Box::new(of_field(values)),
            },
            Self::Union { value } => Self::Union {
                value: value.iter().map(|of| of.with_texts_for(tables)).collect(),
            },
            Self::Object { value } => Self::Object {
                value: Fields(
                    value
                        .0
                        .iter()
                        .map(|(name, field)| (name.clone(), of_field(field)))
                        .collect(),
                ),
            },
            other => other.clone(),
        }
    }

    fn visit_ids_below<'a>(&'a self, path: String, visit: &mut dyn FnMut(&str, &'a str)) {
        match self {
            Self::Id { table_name } => visit(&path, table_name),
            Self::Array { value } => value.visit_ids_below(path + "[]", visit),
            Self::Record { keys, values } => {
                keys.visit_ids_below(format!("{path}[key]"), visit);
                values.field_type.visit_ids_below(path + "[value]", visit);
            }
            Self::Union { value } => {
                for member in value {
                    member.visit_ids_below(path.clone(), visit);
                }
            }
            Self::Object { value } => {
                for (name, field) in value.iter() {
                    let below = if path.is_empty() {
                        name.to_owned()
                    } else {
                        format!("{path}.{name}")
                    };
                    field.field_type.visit_ids_below(below, visit);
                }
            }
            _ => {}
        }
    }
}

/// Written as in a `schema.ts`: `v.array(v.id("users"))`. Long objects and
/// unions are not shortened.
impl fmt::Display for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("v.any()"),
            Self::Null => f.write_str("v.null()"),
            Self::Boolean => f.write_str("v.boolean()"),
            Self::Number => f.write_str("v.number()"),
            Self::Bigint => f.write_str("v.int64()"),
            Self::String => f.write_str("v.string()"),
            Self::Bytes => f.write_str("v.bytes()"),
            Self::Id { table_name } => write!(f, "v.id({table_name:?})"),
            Self::Literal { value } => write!(f, "v.literal({value})"),
            Self::Array { value } => write!(f, "v.array({value})"),
            Self::Record { keys, values } => write!(f, "v.record({keys}, {})", values.field_type),
            Self::Object { value } => {
                f.write_str("v.object({")?;
                for (i, (name, field)) in value.iter().enumerate() {
                    f.write_str(if i == 0 { " " } else { ", " })?;
                    write!(f, "{name}: {field}")?;
                }
                f.write_str(if value.is_empty() { "})" } else { " })" })
            }
            Self::Union { value } => {
                f.write_str("v.union(")?;
                for (i, member) in value.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    write!(f, "{member}")?;
                }
                f.write_str(")")
            }
            Self::Other(members) => match members.get("type") {
                Some(Value::String(kind)) => write!(f, "v.{kind}(…)"),
                _ => f.write_str("an unknown validator"),
            },
        }
    }
}

/// A field of an object: its validator, and whether it may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// The validator of the value, where there is one.
    pub field_type: Validator,
    /// Whether the field may be absent. Absent is not null.
    pub optional: bool,
}

impl Field {
    /// A field that must be there.
    pub fn required(field_type: Validator) -> Self {
        Self {
            field_type,
            optional: false,
        }
    }

    /// A field that may be left out.
    pub fn optional(field_type: Validator) -> Self {
        Self {
            field_type,
            optional: true,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.optional {
            write!(f, "v.optional({})", self.field_type)
        } else {
            self.field_type.fmt(f)
        }
    }
}

/// The fields of an object, in the order of their declaration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Vec<(String, Field)>);

impl Fields {
    /// The field of that name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, field)| field)
    }

    /// All fields with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.0.iter().map(|(name, field)| (name.as_str(), field))
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>> FromIterator<(N, Field)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, Field)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(n, f)| (n.into(), f)).collect())
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, field) in &self.0 {
            map.serialize_entry(name, field)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_displayed_as_it_is_written_in_a_schema() {
        let validator = Validator::Object {
            value: [
                (
                    "id",
                    Field::required(Validator::Id {
                        table_name: "users".into(),
                    }),
                ),
                (
                    "kind",
                    Field::optional(Validator::Union {
                        value: vec![
                            Validator::Literal {
                                value: Value::String("a".into()),
                            },
                            Validator::Literal {
                                value: Value::Int64(7),
                            },
                        ],
                    }),
                ),
            ]
            .into_iter()
            .collect(),
        };
        assert_eq!(
            validator.to_string(),
            r#"v.object({ id: v.id("users"), kind: v.optional(v.union(v.literal("a"), v.literal(7n))) })"#
        );
    }

    #[test]
    fn an_unknown_validator_is_kept() {
        let json = serde_json::json!({"type": "commitTs", "since": 3});
        let validator: Validator = serde_json::from_value(json.clone()).unwrap();
        assert!(matches!(validator, Validator::Other(_)));
        assert_eq!(serde_json::to_value(&validator).unwrap(), json);
        assert_eq!(validator.to_string(), "v.commitTs(…)");
    }

    #[test]
    fn ids_are_found_wherever_they_are() {
        let validator: Validator = serde_json::from_str(
            r#"{"type": "object", "value": {
                "owner": {"fieldType": {"type": "id", "tableName": "users"}, "optional": false},
                "by": {"fieldType": {"type": "record", "keys": {"type": "id", "tableName": "notes"},
                    "values": {"fieldType": {"type": "array", "value": {"type": "object", "value":
                        {"tag": {"fieldType": {"type": "id", "tableName": "tags"}, "optional": true}}}},
                        "optional": false}}, "optional": true}}}"#,
        )
        .unwrap();
        let mut found = Vec::new();
        validator.visit_ids(&mut |path, table| found.push(format!("{path}={table}")));
        assert_eq!(
            found,
            ["owner=users", "by[key]=notes", "by[value][].tag=tags"]
        );
    }
}
