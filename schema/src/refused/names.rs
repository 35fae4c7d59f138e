//! Which names Convex takes.

/// The longest name of a table, an index, a field or a function.
pub(super) const LONGEST: usize = 64;

/// Whether a table, an index, a field or a function may have that name, Convex's own
/// included.
pub(super) fn is_identifier(name: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(begins)
        && name.len() <= LONGEST
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().any(|c| c != '_')
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
