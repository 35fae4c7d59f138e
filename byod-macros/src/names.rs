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
    valid(&(leading + &snake), "field")
}

/// The identifier of a type or variant: camel case with a capital.
pub(crate) fn pascal(name: &str) -> String {
    valid(&name.to_upper_camel_case(), "Empty")
}

fn valid(name: &str, if_empty: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if unicode_ident::is_xid_continue(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    if name.chars().all(|c| c == '_') {
        format!("{if_empty}{name}")
    } else if name.starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c)) {
        name
    } else {
        format!("_{name}")
    }
}

/// An identifier, raw where the name is a keyword.
pub(crate) fn ident(name: &str) -> Ident {
    match name {
        // The four that can't be raw.
        "self" | "Self" | "super" | "crate" => Ident::new(&format!("{name}_"), Span::call_site()),
        // A keyword since edition 2024.
        "gen" => Ident::new_raw(name, Span::call_site()),
        _ => syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site())),
    }
}

/// The names taken in one place. Two things never share one: the second gets a
/// number.
#[derive(Default)]
pub(crate) struct Scope(HashSet<String>);

impl Scope {
    pub(crate) fn take(&mut self, name: String) -> String {
        let mut candidate = name.clone();
        let mut number = 2;
        // What counts is the identifier: `self` and `self_` come out equal, and
        // the compiler has several spellings of an accent as one.
        while !self.0.insert(ident(&candidate).to_string()) {
            candidate = format!("{name}{number}");
            number += 1;
        }
        candidate
    }

    /// A name for each, by `convert`. Where several come out equal, the one that
    /// is written so in Convex has it and the others get numbers in the order of
    /// the alphabet: so the order of a declaration doesn't matter.
    pub(crate) fn take_all(&mut self, names: &[&str], convert: fn(&str) -> String) -> Vec<String> {
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&at| (convert(names[at]) != names[at], names[at]));
        let mut taken = vec![String::new(); names.len()];
        for at in order {
            taken[at] = self.take(convert(names[at]));
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        assert_eq!(pascal("größe"), "Größe");
        assert_eq!(ident("type").to_string(), "r#type");
        assert_eq!(ident("gen").to_string(), "r#gen");
        assert_eq!(ident("self").to_string(), "self_");
    }

    #[test]
    fn equal_names_are_numbered() {
        let names = |names: &[&str]| Scope::default().take_all(names, snake);
        assert_eq!(names(&["userId", "user_id"]), ["user_id2", "user_id"]);
        assert_eq!(names(&["user_id", "userId"]), ["user_id", "user_id2"]);
        assert_eq!(names(&["b", "B", "a"]), ["b", "b2", "a"]);
        let variants = |names: &[&str]| Scope::default().take_all(names, pascal);
        assert_eq!(variants(&["a_b", "a-b", "AB"]), ["AB2", "AB", "Ab"]);
    }

    /// Names as people write them, the odd ones more often than people do.
    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z_][a-zA-Z0-9_]{0,3}",
            "[aA_2 -]{0,4}",
            "\\PC{0,4}",
            prop::sample::select(vec![
                "self", "Self", "self_", "super", "crate", "type", "gen", "async", "_", "__",
                "fn2", "é", "e\u{301}", "\u{212b}", "\u{c5}", "²", "日本", "", "unknown",
            ])
            .prop_map(str::to_owned),
        ]
    }

    fn is_identifier(text: &str) -> bool {
        syn::parse_str::<Ident>(text).is_ok()
    }

    proptest! {
        #[test]
        fn any_name_becomes_an_identifier_of_its_own(
            names in prop::collection::hash_set(name(), 0..12),
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            for convert in [snake, pascal] {
                let taken = Scope::default().take_all(&names, convert);
                let idents: Vec<String> = taken.iter().map(|name| ident(name).to_string()).collect();
                for ident in &idents {
                    prop_assert!(is_identifier(ident), "{ident:?}");
                }
                let distinct: HashSet<&String> = idents.iter().collect();
                prop_assert_eq!(distinct.len(), names.len(), "{:?}", idents);
            }
        }

        #[test]
        fn the_order_of_a_declaration_does_not_matter(
            names in prop::collection::btree_set(name(), 0..8),
        ) {
            let sorted: Vec<&str> = names.iter().map(String::as_str).collect();
            let reversed: Vec<&str> = sorted.iter().rev().copied().collect();
            let mut there = Scope::default().take_all(&sorted, pascal);
            let back = Scope::default().take_all(&reversed, pascal);
            there.reverse();
            prop_assert_eq!(there, back);
        }
    }
}
