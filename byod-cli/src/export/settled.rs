//! What written modules hold is held still where users share a deployment: each tells
//! `byod/settled.ts` of it.

use super::assemble::HEADER;
use super::imports::relative;
use crate::layout::string;
use crate::source::{DEFAULT, held_names};

/// What a default export without a name is called.
const OF_DEFAULT: &str = "byodDefault";

/// The module's text, which tells of what it holds.
pub(super) fn held(module: &str, text: &str) -> String {
    let names = held_names(text);
    if names.is_empty() {
        return text.to_owned();
    }
    let settled = relative(module, "byod/settled");
    let mut head = format!("import {{ byodHold }} from \"{settled}\";\n");
    let mut shown: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Some(default) = shown.iter_mut().find(|name| **name == DEFAULT) {
        *default = OF_DEFAULT;
        head.push_str(&format!(
            "import {OF_DEFAULT} from \"{}\";\n",
            relative(module, module)
        ));
    }
    let body = text.strip_prefix(HEADER).unwrap_or(text);
    let blank = if body.starts_with("import") { "" } else { "\n" };
    format!("{HEADER}{head}{blank}{body}\n{}", call(module, &shown))
}

/// `byodHold("module", () => ({ a, b }));`
fn call(module: &str, names: &[&str]) -> String {
    let start = format!("byodHold({}, () => ({{", string(module));
    let flat = format!("{start} {} }}));\n", names.join(", "));
    if flat.chars().count() <= 81 {
        return flat;
    }
    let lines: String = names.iter().map(|name| format!("  {name},\n")).collect();
    format!("{start}\n{lines}}}));\n")
}
