//! Validators that Convex refuses.

use super::names::{LONGEST, is_identifier};
use crate::validator::Validator;

/// The first thing in a validator that Convex refuses: a part of a sentence.
pub(super) fn refused(validator: &Validator) -> Option<String> {
    match validator {
        Validator::Id { table_name } => (!is_identifier(table_name)).then(|| {
            format!("`v.id(\"{table_name}\")` names a table that can't be. Name one of the schema")
        }),
        Validator::Array { value } => refused(value),
        Validator::Union { value } => value.iter().find_map(refused),
        Validator::Object { value } => value.iter().find_map(|(name, field)| {
            if is_identifier(name) {
                return refused(&field.field_type);
            }
            Some(format!(
                "the field `{name}` has a name that isn't letters, digits and underscores, {LONGEST} at most and no digit first. Rename it, or use `v.record(…)`"
            ))
        }),
        Validator::Record { keys, values } => {
            if !is_text(keys) {
                return Some(
                    "a record has keys that are not texts. Its keys may be `v.string()`, `v.id(…)` or unions of them".to_owned(),
                );
            }
            if has_literal(keys) {
                return Some(
                    "a record has keys that are literals. Write an object, or `v.string()`"
                        .to_owned(),
                );
            }
            if values.optional {
                return Some("a record has values that are optional. Leave `v.optional` away".to_owned());
            }
            refused(keys).or_else(|| refused(&values.field_type))
        }
        _ => None,
    }
}

fn is_text(keys: &Validator) -> bool {
    match keys {
        Validator::String | Validator::Id { .. } | Validator::Other(_) => true,
        Validator::Literal { value } => matches!(value, crate::value::Value::String(_)),
        Validator::Union { value } => value.iter().all(is_text),
        _ => false,
    }
}

fn has_literal(keys: &Validator) -> bool {
    match keys {
        Validator::Literal { .. } => true,
        Validator::Union { value } => value.iter().any(has_literal),
        _ => false,
    }
}
