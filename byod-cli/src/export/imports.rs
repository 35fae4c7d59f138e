//! The imports at the head of a module.

use std::collections::{BTreeMap, BTreeSet};

/// What is imported, by specifier, and whether only types are.
#[derive(Default)]
pub(super) struct Imports {
    names: BTreeMap<(Order, String, bool), BTreeSet<String>>,
    /// What is imported for what it does, in that order.
    loads: Vec<String>,
}

/// Packages come before modules of the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    Package,
    Project,
}

impl Imports {
    pub(super) fn add(&mut self, order: Order, specifier: &str, name: &str, type_only: bool) {
        let key = (order, specifier.to_owned(), type_only);
        self.names.entry(key).or_default().insert(name.to_owned());
    }

    /// `import "specifier"`
    pub(super) fn load(&mut self, specifier: String) {
        if !self.loads.contains(&specifier) {
            self.loads.push(specifier);
        }
    }

    pub(super) fn print(&self) -> String {
        // Packages do nothing when they are loaded. What does comes before all others, so
        // that everything happens in main's order.
        let mut text = self.names_of(Order::Package);
        for specifier in &self.loads {
            text.push_str(&format!("import \"{specifier}\";\n"));
        }
        text + &self.names_of(Order::Project)
    }

    fn names_of(&self, wanted: Order) -> String {
        let mut text = String::new();
        let all = self.names.iter();
        for ((_, specifier, type_only), names) in all.filter(|((order, ..), _)| *order == wanted) {
            let keyword = if *type_only { "import type" } else { "import" };
            let (whole, parts): (Vec<&String>, Vec<&String>) = names
                .iter()
                .partition(|name| name.starts_with("* as ") || name.starts_with("default as "));
            for name in whole {
                let name = name.trim_start_matches("default as ");
                text.push_str(&format!("{keyword} {name} from \"{specifier}\";\n"));
            }
            let sibling = |types: bool| {
                let found = self
                    .names
                    .iter()
                    .find(|((_, s, t), _)| s == specifier && *t == types);
                found.map(|(_, names)| names)
            };
            // Types go with the values of the same module.
            if *type_only && sibling(false).is_some() {
                continue;
            }
            let mut parts: Vec<String> = parts.into_iter().cloned().collect();
            if let Some(types) = sibling(true).filter(|_| !type_only) {
                let more = types.iter().filter(|name| !names.contains(*name));
                parts.extend(more.map(|name| format!("type {name}")));
            }
            if !parts.is_empty() {
                text.push_str(&named(keyword, parts, Some(specifier)));
            }
        }
        text
    }
}

/// `import { a, b } from "specifier";`, or `export { a, b };`
pub(super) fn named(
    keyword: &str,
    names: impl IntoIterator<Item = String>,
    specifier: Option<&str>,
) -> String {
    let names: Vec<String> = names.into_iter().collect();
    let from = specifier.map_or(String::new(), |specifier| format!(" from \"{specifier}\""));
    let flat = format!("{keyword} {{ {} }}{from};\n", names.join(", "));
    if flat.chars().count() <= 81 || names.len() == 1 {
        return flat;
    }
    let lines: String = names.iter().map(|name| format!("  {name},\n")).collect();
    format!("{keyword} {{\n{lines}}}{from};\n")
}

/// How a module imports another.
pub(super) fn relative(from: &str, to: &str) -> String {
    let depth = from.matches('/').count();
    let shared = from
        .split('/')
        .take(depth)
        .zip(to.split('/'))
        .take_while(|(a, b)| a == b)
        .count();
    let rest: Vec<&str> = to.split('/').skip(shared).collect();
    let up = "../".repeat(depth - shared);
    let up = if up.is_empty() { "./" } else { &up };
    format!("{up}{}", rest.join("/"))
}
