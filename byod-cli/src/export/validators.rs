//! Validators as they are on users' deployments, and how they are written there.

use std::collections::BTreeSet;

use byod_schema::{Field, Fields, Validator};

use crate::layout::{Code, Entry, literal};
use crate::owners::is_foreign;

/// How a validator is written, main's ids as strings.
pub(crate) fn code(validator: &Validator, tables: &BTreeSet<String>) -> Code {
    let simple = |name: &str| Code::call(format!("v.{name}"), []);
    match validator {
        Validator::Any | Validator::Other(_) => simple("any"),
        Validator::Null => simple("null"),
        Validator::Boolean => simple("boolean"),
        Validator::Number => simple("number"),
        Validator::Bigint => simple("int64"),
        Validator::String => simple("string"),
        Validator::Bytes => simple("bytes"),
        Validator::Id { table_name } if is_foreign(table_name, tables) => simple("string"),
        Validator::Id { table_name } => {
            Code::call("v.id", [Code::text(crate::layout::string(table_name))])
        }
        Validator::Literal { value } => Code::call("v.literal", [Code::text(literal(value))]),
        Validator::Array { value } => Code::call("v.array", [code(value, tables)]),
        Validator::Record { keys, values } => {
            Code::call("v.record", [code(keys, tables), field(values, tables)])
        }
        Validator::Object { value } => Code::call("v.object", [fields(value, tables)]),
        Validator::Union { value } => {
            Code::call("v.union", value.iter().map(|member| code(member, tables)))
        }
    }
}

pub(crate) fn field(field: &Field, tables: &BTreeSet<String>) -> Code {
    let code = code(&field.field_type, tables);
    if field.optional {
        Code::call("v.optional", [code])
    } else {
        code
    }
}

/// The fields of an object as an object literal.
pub(crate) fn fields(fields: &Fields, tables: &BTreeSet<String>) -> Code {
    let entries = fields
        .iter()
        .map(|(name, f)| Entry::new(name, field(f, tables)));
    Code::object(entries)
}
