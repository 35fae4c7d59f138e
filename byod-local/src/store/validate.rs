//! Checks a value against a validator, in the backend's order and with its
//! messages. A validator of a kind that is not known accepts everything.

use std::fmt;

use byod_schema::{Fields, Members, Validator, Value};

use super::ids::Ids;
use crate::values::{Literal, Shown};

/// Where and why a value does not match.
#[derive(Debug)]
pub(crate) struct Mismatch {
    reason: String,
    /// From the outside in: `.tags[2]`; empty for the value itself.
    path: String,
    /// The value and the validator, printed below the path.
    details: Option<String>,
}

/// Checks `value` against `validator`; `ids` says which table an id belongs to.
pub(crate) fn check(validator: &Validator, value: &Value, ids: &Ids) -> Result<(), Mismatch> {
    match (validator, value) {
        (Validator::Any | Validator::Other(_), _)
        | (Validator::Null, Value::Null)
        | (Validator::Boolean, Value::Boolean(_))
        | (Validator::Number, Value::Float64(_))
        | (Validator::Bigint, Value::Int64(_))
        | (Validator::String, Value::String(_))
        | (Validator::Bytes, Value::Bytes(_)) => Ok(()),
        (Validator::Id { table_name }, Value::String(id)) => match ids.table_of(id) {
            None => Err(no_match(validator, value)),
            Some(found) if found == table_name => Ok(()),
            Some(found) => Err(other_table(id, found, table_name)),
        },
        (Validator::Literal { value: literal }, _) if same_literal(literal, value) => Ok(()),
        (Validator::Literal { value: literal }, _) => Err(Mismatch::new(format!(
            "`{}` does not match literal validator `v.literal({})`.",
            Shown(value),
            Literal(literal)
        ))),
        (Validator::Array { value: element }, Value::Array(elements)) => {
            for (i, value) in elements.iter().enumerate() {
                check(element, value, ids).map_err(|e| e.below(&format!("[{i}]")))?;
            }
            Ok(())
        }
        (Validator::Record { keys, values }, Value::Object(object)) => {
            for (key, value) in object {
                let key = Value::String(key.clone());
                check(keys, &key, ids).map_err(|e| e.below(".keys()"))?;
                check(&values.field_type, value, ids).map_err(|e| e.below(".values()"))?;
            }
            Ok(())
        }
        (Validator::Object { value: fields }, Value::Object(object)) => {
            check_fields(fields, object, ids)
        }
        (Validator::Union { value: members }, _) => match members.as_slice() {
            [only] => check(only, value, ids),
            members if members.iter().any(|m| check(m, value, ids).is_ok()) => Ok(()),
            _ => Err(no_match(validator, value)),
        },
        _ => Err(no_match(validator, value)),
    }
}

/// The same for an object that is no value yet.
pub(crate) fn check_members(
    validator: &Validator,
    members: &Members,
    ids: &Ids,
) -> Result<(), Mismatch> {
    match validator {
        Validator::Object { value: fields } => check_fields(fields, members, ids),
        other => check(other, &Value::Object(members.clone()), ids),
    }
}

fn check_fields(fields: &Fields, object: &Members, ids: &Ids) -> Result<(), Mismatch> {
    // The backend keeps fields sorted, and reports the first by name.
    let mut first: Option<(&str, Mismatch)> = None;
    let mut known = 0;
    let details = || format!("Object: {}\nValidator: {}", Shown(object), Shown(fields));
    for (name, field) in fields.iter() {
        let value = object.get(name);
        known += usize::from(value.is_some());
        if first.as_ref().is_some_and(|(first, _)| *first < name) {
            continue;
        }
        let checked = match value {
            Some(value) => {
                check(&field.field_type, value, ids).map_err(|e| e.below(&format!(".{name}")))
            }
            None if field.optional => Ok(()),
            None => {
                let reason = format!(
                    "Object is missing the required field `{name}`. Consider wrapping the field validator in `v.optional(...)` if this is expected."
                );
                Err(Mismatch::new(reason).with(details()))
            }
        };
        if let Err(mismatch) = checked {
            first = Some((name, mismatch));
        }
    }
    if let Some((_, mismatch)) = first {
        return Err(mismatch);
    }
    let mut others = object.keys().filter(|name| fields.get(name).is_none());
    match (known < object.len()).then(|| others.next()).flatten() {
        None => Ok(()),
        Some(name) => {
            let reason =
                format!("Object contains extra field `{name}` that is not in the validator.");
            Err(Mismatch::new(reason).with(details()))
        }
    }
}

/// Equal as Convex values: NaN is itself, and -0 is not 0.
fn same_literal(literal: &Value, value: &Value) -> bool {
    match (literal, value) {
        (Value::Float64(a), Value::Float64(b)) => a.total_cmp(b).is_eq(),
        _ => literal == value,
    }
}

fn no_match(validator: &Validator, value: &Value) -> Mismatch {
    Mismatch::new("Value does not match validator.".to_owned()).with(format!(
        "Value: {}\nValidator: {}",
        Shown(value),
        Shown(validator)
    ))
}

fn other_table(id: &str, found: &str, expected: &str) -> Mismatch {
    let found = if found.starts_with('_') {
        "a system table".to_owned()
    } else {
        format!("table `{found}`")
    };
    Mismatch::new(format!(
        "Found ID \"{id}\" from {found}, which does not match the table name in validator `v.id(\"{expected}\")`."
    ))
}

impl Mismatch {
    fn new(reason: String) -> Self {
        Self {
            reason,
            path: String::new(),
            details: None,
        }
    }

    fn with(mut self, details: String) -> Self {
        self.details = Some(details);
        self
    }

    /// The same, seen from one level further out.
    fn below(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        // The backend puts the path on its own line only where details follow.
        f.write_str(if self.details.is_some() { "\n" } else { "" })?;
        if !self.path.is_empty() {
            write!(f, "Path: {}", self.path)?;
        }
        match &self.details {
            Some(details) => write!(f, "\n{details}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(validator: serde_json::Value, value: serde_json::Value) -> String {
        let mut ids = Ids::new(["notes".to_owned(), "_storage".to_owned()]).unwrap();
        // Ids are drawn; the tests write their table instead.
        let note = ids.next("notes").unwrap();
        let file = ids.next("_storage").unwrap();
        let value = value
            .to_string()
            .replace("<note>", &note)
            .replace("<file>", &file);
        let validator: Validator = serde_json::from_value(validator).unwrap();
        let value: Value = serde_json::from_str(&value).unwrap();
        match check(&validator, &value, &ids) {
            Ok(()) => "ok".to_owned(),
            Err(mismatch) => mismatch
                .to_string()
                .replace(&note, "<note>")
                .replace(&file, "<file>"),
        }
    }

    fn object(fields: serde_json::Value) -> serde_json::Value {
        json!({"type": "object", "value": fields})
    }

    fn required(kind: &str) -> serde_json::Value {
        json!({"fieldType": {"type": kind}, "optional": false})
    }

    #[test]
    fn an_object_needs_its_fields_and_no_others() {
        let validator = object(json!({
            "title": required("string"),
            "done": {"fieldType": {"type": "boolean"}, "optional": true},
        }));
        assert_eq!(message(validator.clone(), json!({"title": "a"})), "ok");
        assert_eq!(
            message(validator.clone(), json!({"done": true})),
            "Object is missing the required field `title`. Consider wrapping the field validator in `v.optional(...)` if this is expected.\n\nObject: {done: true}\nValidator: v.object({done: v.optional(v.boolean()), title: v.string()})"
        );
        assert_eq!(
            message(validator.clone(), json!({"title": "a", "x": 1})),
            "Object contains extra field `x` that is not in the validator.\n\nObject: {title: \"a\", x: 1.0}\nValidator: v.object({done: v.optional(v.boolean()), title: v.string()})"
        );
        // Absent is not null.
        assert_eq!(
            message(validator, json!({"title": "a", "done": null})),
            "Value does not match validator.\nPath: .done\nValue: null\nValidator: v.boolean()"
        );
    }

    #[test]
    fn the_path_leads_through_arrays_records_and_objects() {
        let validator = object(json!({
            "a": {"fieldType": {"type": "array", "value": object(json!({"n": required("number")}))}, "optional": false},
        }));
        assert_eq!(
            message(validator, json!({"a": [{"n": 1}, {"n": "1"}]})),
            "Value does not match validator.\nPath: .a[1].n\nValue: \"1\"\nValidator: v.float64()"
        );
        let record = json!({"type": "record", "keys": {"type": "id", "tableName": "notes"}, "values": required("number")});
        assert_eq!(message(record.clone(), json!({"<note>": 1})), "ok");
        assert_eq!(
            message(record.clone(), json!({"x": 1})),
            "Value does not match validator.\nPath: .keys()\nValue: \"x\"\nValidator: v.id(\"notes\")"
        );
        assert_eq!(
            message(record, json!({"<note>": null})),
            "Value does not match validator.\nPath: .values()\nValue: null\nValidator: v.float64()"
        );
    }

    #[test]
    fn an_id_must_be_of_its_table() {
        let validator = object(json!({
            "userId": {"fieldType": {"type": "id", "tableName": "users"}, "optional": false},
        }));
        assert_eq!(
            message(validator.clone(), json!({"userId": "<note>"})),
            "Found ID \"<note>\" from table `notes`, which does not match the table name in validator `v.id(\"users\")`.Path: .userId"
        );
        assert_eq!(
            message(validator.clone(), json!({"userId": "<file>"})),
            "Found ID \"<file>\" from a system table, which does not match the table name in validator `v.id(\"users\")`.Path: .userId"
        );
        assert_eq!(
            message(validator, json!({"userId": "user_2abc"})),
            "Value does not match validator.\nPath: .userId\nValue: \"user_2abc\"\nValidator: v.id(\"users\")"
        );
    }

    #[test]
    fn a_union_takes_any_member_and_a_single_member_speaks_for_itself() {
        let literal = |value: serde_json::Value| json!({"type": "literal", "value": value});
        let union = |members: Vec<_>| json!({"type": "union", "value": members});
        let two = union(vec![literal(json!("a")), literal(json!(2))]);
        assert_eq!(message(two.clone(), json!(2)), "ok");
        assert_eq!(
            message(two, json!("b")),
            "Value does not match validator.\n\nValue: \"b\"\nValidator: v.union(v.literal(\"a\"), v.literal(2.0))"
        );
        assert_eq!(
            message(union(vec![literal(json!("a"))]), json!("b")),
            "`\"b\"` does not match literal validator `v.literal(\"a\")`."
        );
    }

    #[test]
    fn kinds_are_not_converted() {
        for (kind, value) in [
            ("bigint", json!(1)),
            ("number", json!({"$integer": "AQAAAAAAAAA="})),
            ("string", json!({"$bytes": "AAAA"})),
            ("null", json!(false)),
            ("array", json!({})),
        ] {
            let validator = json!({"type": kind, "value": {"type": "any"}});
            assert!(message(validator, value).starts_with("Value does not match validator."));
        }
        assert_eq!(message(json!({"type": "any"}), json!(null)), "ok");
        assert_eq!(message(json!({"type": "later"}), json!([1])), "ok");
    }
}
