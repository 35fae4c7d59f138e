//! Reads validators as they come, without holding on to the JSON: Convex prints
//! `type` first, and a project has thousands of them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    self, DeserializeSeed, Error as _, IgnoredAny, IntoDeserializer, MapAccess, Visitor,
};
use serde::{Deserialize, Deserializer};

use super::{Field, Fields, Validator};
use crate::value::Value;

impl<'de> Deserialize<'de> for Validator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ByKind)
    }
}

struct ByKind;

impl<'de> Visitor<'de> for ByKind {
    type Value = Validator;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a validator, an object with a `type`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Validator, A::Error> {
        match map.next_key()? {
            Some(Member::Type) => of_kind(map.next_value()?, map),
            // Whoever sorts members has others before the type.
            first => {
                let all = MapAccessDeserializer::new(FromFirst { first, map });
                match Validator::deserialize(all)? {
                    Validator::Other(members) if is_of_known_kind(&members) => {
                        Err(A::Error::custom(format!(
                            "members are missing or wrong: {}",
                            Value::from(members)
                        )))
                    }
                    validator => Ok(validator),
                }
            }
        }
    }
}

fn is_of_known_kind(members: &BTreeMap<String, Value>) -> bool {
    let Some(Value::String(kind)) = members.get("type") else {
        return false;
    };
    let kind: de::value::StrDeserializer<'_, de::value::Error> = kind.as_str().into_deserializer();
    !matches!(Kind::deserialize(kind), Ok(Kind::Other(_)))
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Member {
    Type,
    TableName,
    Value,
    Keys,
    Values,
    Other(String),
}

impl Member {
    fn name(&self) -> &str {
        match self {
            Self::Type => "type",
            Self::TableName => "tableName",
            Self::Value => "value",
            Self::Keys => "keys",
            Self::Values => "values",
            Self::Other(name) => name,
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Kind {
    Any,
    Null,
    Boolean,
    Number,
    Bigint,
    String,
    Bytes,
    Id,
    Literal,
    Array,
    Record,
    Object,
    Union,
    Other(String),
}

/// The validator of a kind, from the members after its `type`.
fn of_kind<'de, A: MapAccess<'de>>(kind: Kind, mut map: A) -> Result<Validator, A::Error> {
    let validator = match kind {
        Kind::Any => Validator::Any,
        Kind::Null => Validator::Null,
        Kind::Boolean => Validator::Boolean,
        Kind::Number => Validator::Number,
        Kind::Bigint => Validator::Bigint,
        Kind::String => Validator::String,
        Kind::Bytes => Validator::Bytes,
        Kind::Id => Validator::Id {
            table_name: find(&mut map, "tableName")?,
        },
        Kind::Literal => Validator::Literal {
            value: find(&mut map, "value")?,
        },
        Kind::Array => Validator::Array {
            value: find(&mut map, "value")?,
        },
        Kind::Object => Validator::Object {
            value: find(&mut map, "value")?,
        },
        Kind::Union => Validator::Union {
            value: find(&mut map, "value")?,
        },
        Kind::Record => record(&mut map)?,
        Kind::Other(kind) => other(kind, &mut map)?,
    };
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(validator)
}

/// The value of the member `name`, whatever comes before it.
fn find<'de, A, T>(map: &mut A, name: &'static str) -> Result<T, A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    while let Some(member) = map.next_key::<Member>()? {
        if member.name() == name {
            return map.next_value();
        }
        map.next_value::<IgnoredAny>()?;
    }
    Err(A::Error::missing_field(name))
}

fn record<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Validator, A::Error> {
    let mut keys = None;
    let mut values: Option<Box<Field>> = None;
    while let Some(member) = map.next_key()? {
        match member {
            Member::Keys => keys = Some(map.next_value()?),
            Member::Values => values = Some(map.next_value()?),
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    Ok(Validator::Record {
        keys: keys.ok_or_else(|| A::Error::missing_field("keys"))?,
        values: values.ok_or_else(|| A::Error::missing_field("values"))?,
    })
}

fn other<'de, A: MapAccess<'de>>(kind: String, map: &mut A) -> Result<Validator, A::Error> {
    let mut members = BTreeMap::from([("type".to_owned(), Value::String(kind))]);
    while let Some((name, value)) = map.next_entry()? {
        members.insert(name, value);
    }
    Ok(Validator::Other(members))
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// A map whose first key has been read.
struct FromFirst<A> {
    first: Option<Member>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for FromFirst<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(first) => seed
                .deserialize(first.name().to_owned().into_deserializer())
                .map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use crate::validator::Validator;

    fn read(json: &str) -> Validator {
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    #[test]
    fn members_come_in_any_order() {
        let pairs = [
            (
                r#"{"type":"id","tableName":"users"}"#,
                r#"{"tableName":"users","type":"id"}"#,
            ),
            (
                r#"{"type":"literal","value":"a"}"#,
                r#"{"value":"a","type":"literal"}"#,
            ),
            (
                r#"{"type":"array","value":{"type":"null"}}"#,
                r#"{"value":{"type":"null"},"type":"array"}"#,
            ),
            (
                r#"{"type":"union","value":[{"type":"id","tableName":"a"},{"type":"bytes"}]}"#,
                r#"{"value":[{"tableName":"a","type":"id"},{"type":"bytes"}],"type":"union"}"#,
            ),
            (
                r#"{"type":"record","keys":{"type":"string"},"values":{"fieldType":{"type":"any"},"optional":false}}"#,
                r#"{"values":{"optional":false,"fieldType":{"type":"any"}},"type":"record","keys":{"type":"string"}}"#,
            ),
            (
                r#"{"type":"object","value":{"b":{"fieldType":{"type":"number"},"optional":true},"a":{"fieldType":{"type":"bigint"},"optional":false}}}"#,
                r#"{"value":{"b":{"optional":true,"fieldType":{"type":"number"}},"a":{"optional":false,"fieldType":{"type":"bigint"}}},"type":"object"}"#,
            ),
            (
                r#"{"type":"commitTs","since":3}"#,
                r#"{"since":3,"type":"commitTs"}"#,
            ),
        ];
        for (first, last) in pairs {
            assert_eq!(read(last), read(first));
        }
        // The order of an object's fields stays.
        let names = |json| {
            let object = read(json);
            let fields = object.as_object().unwrap().names();
            fields.map(str::to_owned).collect::<Vec<_>>()
        };
        let (first, last) = pairs[5];
        assert_eq!(names(first), ["b", "a"]);
        assert_eq!(names(last), ["b", "a"]);
    }

    #[test]
    fn members_that_are_not_known_are_passed_over() {
        assert_eq!(
            read(r#"{"type":"id","since":{"type":"a"},"tableName":"users","confidential":true}"#),
            read(r#"{"type":"id","tableName":"users"}"#)
        );
        assert_eq!(
            read(r#"{"type":"string","maxLength":10}"#),
            Validator::String
        );
    }

    #[test]
    fn what_is_no_validator_says_what_is_missing() {
        for (json, message) in [
            (r#"{"type":"id"}"#, "missing field `tableName`"),
            (
                r#"{"type":"record","keys":{"type":"any"}}"#,
                "missing field `values`",
            ),
            (
                r#"{"tableName":5,"type":"id"}"#,
                "members are missing or wrong",
            ),
            (
                r#"{"value":{"type":"any"},"type":"object"}"#,
                "members are missing or wrong",
            ),
            (
                r#""string""#,
                "expected a validator, an object with a `type`",
            ),
        ] {
            let error = serde_json::from_str::<Validator>(json).unwrap_err();
            assert!(error.to_string().contains(message), "{json}: {error}");
        }
    }
}
