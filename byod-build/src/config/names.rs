//! Names that Convex takes, and why it doesn't take others.

/// How long a name may be, in characters.
const LONGEST_FIELD: usize = 1024;
const LONGEST_TABLE: usize = 64;

/// Why no field or argument can be called so: the rest of a sentence about the name.
pub(super) fn not_a_field(name: &str) -> Option<String> {
    let reason = match name.chars().next() {
        None => "is empty".to_owned(),
        Some('_') => "begins with `_`, as Convex's own fields alone do".to_owned(),
        Some('$') => "begins with `$`, which no field does".to_owned(),
        _ if !name.chars().all(|c| c == ' ' || c.is_ascii_graphic()) => {
            "has a character that is not printable ASCII".to_owned()
        }
        _ if name.len() > LONGEST_FIELD => format!("is longer than {LONGEST_FIELD} characters"),
        _ => return None,
    };
    Some(reason)
}

/// Why no table can be called so.
pub(super) fn not_a_table(name: &str) -> Option<String> {
    let reason = match name.chars().next() {
        None => "is empty".to_owned(),
        Some(first) if !first.is_ascii_alphabetic() => "doesn't begin with a letter".to_owned(),
        _ if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
            "has a character that is no ASCII letter, digit or `_`".to_owned()
        }
        _ if name.len() > LONGEST_TABLE => format!("is longer than {LONGEST_TABLE} characters"),
        _ => return None,
    };
    Some(reason)
}
