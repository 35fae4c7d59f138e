//! Rust names for what Convex calls something else.

use std::collections::HashSet;

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::Span;
use syn::Ident;

/// The identifier of a field, function or module: snake case.
///
/// `userId` is `user_id`, `type` is `r#type`, `2fa` is `_2fa`. Names that come
/// out equal are told apart by [`Scope`].
pub(crate) fn snake(name: &str) -> String {
    let snake = name.to_snake_case();
    let leading: String = name.chars().take_while(|c| *c == '_').collect();
    valid(leading + &snake, "field")
}

/// The identifier of a type or variant: camel case with a capital.
pub(crate) fn pascal(name: &str) -> String {
    valid(name.to_upper_camel_case(), "Empty")
}

fn valid(name: String, if_empty: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '_' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if name.chars().all(|c| c == '_') {
        format!("{if_empty}{name}")
    } else if name.starts_with(|c: char| c.is_numeric()) {
        format!("_{name}")
    } else {
        name
    }
}

/// An identifier, raw where the name is a keyword.
pub(crate) fn ident(name: &str) -> Ident {
    match name {
        // The four that can't be raw.
        "self" | "Self" | "super" | "crate" => Ident::new(&format!("{name}_"), Span::call_site()),
        _ => syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site())),
    }
}

/// The names taken in one place. Two things never share one silently: the
/// second gets a number.
#[derive(Default)]
pub(crate) struct Scope(HashSet<String>);

impl Scope {
    pub(crate) fn take(&mut self, name: String) -> String {
        let mut candidate = name.clone();
        let mut number = 2;
        while !self.0.insert(candidate.clone()) {
            candidate = format!("{name}{number}");
            number += 1;
        }
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_and_predictable() {
        for (convex, rust) in [
            ("userId", "user_id"),
            ("userID", "user_id"),
            ("_private", "_private"),
            ("2fa", "_2fa"),
            ("a-b", "a_b"),
            ("HTMLParser", "html_parser"),
        ] {
            assert_eq!(snake(convex), rust);
        }
        assert_eq!(pascal("in-progress"), "InProgress");
        assert_eq!(pascal("gpt-4.1"), "Gpt41");
        assert_eq!(pascal(""), "Empty");
        assert_eq!(pascal("3d"), "_3d");
        assert_eq!(ident("type").to_string(), "r#type");
        assert_eq!(ident("self").to_string(), "self_");
    }

    #[test]
    fn equal_names_are_numbered() {
        let mut scope = Scope::default();
        assert_eq!(scope.take("user_id".into()), "user_id");
        assert_eq!(scope.take("user_id".into()), "user_id2");
    }
}
