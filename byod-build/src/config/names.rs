//! Names of fields and tables that a push would take, and why it doesn't take others.

use byod_schema::not_an_identifier;

/// Why no field or argument can be called so: the rest of a sentence about the name.
pub(super) fn not_a_field(name: &str) -> Option<String> {
    if name.starts_with('_') {
        return Some("begins with `_`, as Convex's own fields alone do".to_owned());
    }
    not_an_identifier(name)
}

/// Why no table can be called so.
pub(super) fn not_a_table(name: &str) -> Option<String> {
    match name.chars().next() {
        Some(first) if !first.is_ascii_alphabetic() => {
            Some("doesn't begin with a letter".to_owned())
        }
        _ => not_an_identifier(name),
    }
}
