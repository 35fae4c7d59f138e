//! The imports at the head of a module.

use std::collections::{BTreeMap, BTreeSet};

/// What is imported, by specifier, and whether only types are.
#[derive(Default)]
pub(super) struct Imports(BTreeMap<(Order, String, bool), BTreeSet<String>>);

/// Packages come before modules of the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    Package,
    Project,
}

impl Imports {
    pub(super) fn add(&mut self, order: Order, specifier: &str, name: &str, type_only: bool) {
        let key = (order, specifier.to_owned(), type_only);
        self.0.entry(key).or_default().insert(name.to_owned());
    }

    pub(super) fn print(&self) -> String {
        let mut text = String::new();
        for ((_, specifier, type_only), names) in &self.0 {
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
                    .0
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
