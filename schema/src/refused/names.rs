//! Which names Convex takes.

/// The longest name of a table, an index, a field or a function.
pub(super) const LONGEST: usize = 64;

/// Why no table, index, field or function can be called so, Convex's own included: the rest
/// of a sentence about the name.
pub fn not_an_identifier(name: &str) -> Option<String> {
    let reason = match name.chars().next() {
        None => "is empty".to_owned(),
        Some(first) if first.is_ascii_digit() => "begins with a digit".to_owned(),
        _ if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
            "has a character that is no ASCII letter, digit or `_`".to_owned()
        }
        _ if name.len() > LONGEST => format!("is longer than {LONGEST} characters"),
        _ if name.chars().all(|c| c == '_') => "has only underscores".to_owned(),
        _ => return None,
    };
    Some(reason)
}

pub(super) fn is_identifier(name: &str) -> bool {
    not_an_identifier(name).is_none()
}

/// Whether a folder or a module may have that name. Convex counts the ending `.js`.
pub(super) fn is_part_of_path(name: &str) -> bool {
    name.len() + ".js".len() <= LONGEST
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        && name.chars().any(|c| c.is_ascii_alphanumeric())
}

/// Whether an index may name that field: names, with dots between.
pub(super) fn is_field_path(path: &str) -> bool {
    path.split('.').all(is_identifier)
}
