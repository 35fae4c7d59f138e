//! Rust names for what Convex calls something else.

use std::collections::{HashMap, HashSet};

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
    let leading = name.len() - name.trim_start_matches('_').len();
    let mut valid = name[..leading].to_owned();
    for c in name[leading..].chars() {
        if unicode_ident::is_xid_continue(c) && c != '_' {
            valid.push(c);
        } else if valid.len() == leading || !valid.ends_with('_') {
            // Two would be those of `told_apart`.
            valid.push('_');
        }
    }
    if valid.chars().all(|c| c == '_') {
        let underscore = if valid.is_empty() { "" } else { "_" };
        format!("{if_empty}{underscore}")
    } else if valid.starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c)) {
        valid
    } else {
        format!("_{valid}")
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

/// The names taken in one place. Two things never share one.
#[derive(Default)]
pub(crate) struct Scope(HashSet<String>);

impl Scope {
    /// This name, or one with a number where it is taken: for what is called after
    /// nothing in Convex.
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

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(&ident(name).to_string())
    }

    /// A name for each, by `convert`. Where several come out equal, or one comes out as
    /// what is taken, none of them has the name alone: each says what it is called in
    /// Convex, after two underscores. So what a name stands for doesn't depend on what
    /// else there is: another field makes a name disappear, but never mean another thing.
    pub(crate) fn take_all(&mut self, names: &[&str], convert: fn(&str) -> String) -> Vec<String> {
        let pairs = names.iter().map(|name| (convert(name), *name));
        self.take_pairs(&pairs.collect::<Vec<_>>())
    }

    /// The same, of names alone and of what tells each apart.
    pub(crate) fn take_pairs(&mut self, names: &[(String, &str)]) -> Vec<String> {
        let mut count: HashMap<String, usize> = HashMap::new();
        for (alone, _) in names {
            *count.entry(ident(alone).to_string()).or_default() += 1;
        }
        let chosen = names.iter().map(|(alone, name)| {
            let ident = ident(alone).to_string();
            if count.get(&ident) == Some(&1) && !self.0.contains(&ident) {
                alone.clone()
            } else {
                told_apart(alone, name)
            }
        });
        let chosen: Vec<String> = chosen.collect();
        chosen.into_iter().map(|name| self.take(name)).collect()
    }
}

/// `user_id__userId`: a name that no other name becomes. What [`snake`] and [`pascal`]
/// give has no two underscores but at its beginning, and of two names each is spelled
/// in its own way: `_` twice, and what no identifier has by its number.
pub(crate) fn told_apart(alone: &str, name: &str) -> String {
    let mut told = format!("{}__", alone.trim_end_matches('_'));
    for c in name.chars() {
        match c {
            '_' => told.push_str("__"),
            c if c.is_ascii_alphanumeric() => told.push(c),
            c => told.push_str(&format!("_{:x}_", u32::from(c))),
        }
    }
    told
}

/// Tells what it is of from others: FNV-1a, for it has to be the same in every build.
pub(crate) fn digest(of: impl std::fmt::Debug) -> String {
    let add = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let text = format!("{of:?}");
    format!("{:08x}", text.bytes().fold(0x811c_9dc5, add))
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
    fn of_equal_names_none_has_the_name_alone() {
        let names = |names: &[&str]| Scope::default().take_all(names, snake);
        let both = ["user_id__userId", "user_id__user__id"];
        assert_eq!(names(&["userId", "user_id"]), both);
        assert_eq!(names(&["user_id", "userId"]), [both[1], both[0]]);
        assert_eq!(names(&["b", "B", "a"]), ["b__b", "b__B", "a"]);
        assert_eq!(
            names(&["userid", "USERID", "userid__userid"])[2],
            "userid_userid"
        );
        let variants = |names: &[&str]| Scope::default().take_all(names, pascal);
        assert_eq!(
            variants(&["a_b", "a-b", "AB"]),
            ["AB__a__b", "AB__a_2d_b", "Ab"]
        );
        assert_eq!(
            variants(&["count", "__count__"]),
            ["Count__count", "Count______count____"]
        );
        let mut scope = Scope::default();
        scope.take("Unknown".to_owned());
        assert_eq!(scope.take_all(&["unknown"], pascal), ["Unknown__unknown"]);
    }

    /// Names as people write them, the odd ones more often than people do.
    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z_][a-zA-Z0-9_]{0,3}",
            "[aA_2 -]{0,4}",
            "\\PC{0,4}",
            prop::sample::select(vec![
                "userId",
                "user_id",
                "UserID",
                "count",
                "__count__",
                "userid",
                "USERID",
                "userid_userid",
                "user_id__userId",
                "a²²b",
                "a__b",
                " ",
                "___",
                "self",
                "Self",
                "self_",
                "super",
                "crate",
                "type",
                "gen",
                "async",
                "_",
                "__",
                "fn2",
                "é",
                "e\u{301}",
                "\u{212b}",
                "\u{c5}",
                "²",
                "日本",
                "",
                "unknown",
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
        fn a_name_never_comes_to_mean_another_thing(
            names in prop::collection::btree_set(name(), 0..8),
            more in prop::collection::btree_set(name(), 1..4),
        ) {
            let before: Vec<&str> = names.iter().map(String::as_str).collect();
            let after: Vec<&str> = names.union(&more).map(String::as_str).collect();
            for convert in [snake, pascal] {
                let idents = |names: &[&str]| -> HashMap<String, String> {
                    let taken = Scope::default().take_all(names, convert);
                    let idents = taken.iter().map(|name| ident(name).to_string());
                    idents.zip(names.iter().map(|name| (*name).to_owned())).collect()
                };
                let now = idents(&after);
                for (ident, meant) in idents(&before) {
                    let means = now.get(&ident);
                    prop_assert!(means.is_none_or(|means| *means == meant), "{ident} {meant} {means:?}");
                }
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
