//! Pieces of a module that are not main's text: what is missing, and what is exported
//! apart from its declaration.

use byod_schema::FunctionPath;

/// A piece of a module that is not carried over.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Item {
    pub(crate) fn missing(path: &FunctionPath, reason: &str) -> Self {
        Self {
            name: path.name.clone(),
            text: comment(&format!(
                "`{}` is missing, because main's {reason}. Write it in custom/{}.ts.",
                path.name, path.module
            ))
            .trim_end()
            .to_owned(),
        }
    }
}

/// A name that a module exports, declared elsewhere or under another name.
pub(crate) struct Reexport {
    /// The module, as main or the person calls it.
    pub(crate) from: String,
    /// `name`, or `local as name`.
    pub(crate) name: String,
}

/// Lines of at most 80 columns.
fn comment(text: &str) -> String {
    let mut lines = String::from("//");
    let mut column = 2;
    for word in text.split_whitespace() {
        if column + 1 + word.chars().count() > 80 {
            lines.push_str("\n//");
            column = 2;
        }
        lines.push(' ');
        lines.push_str(word);
        column += 1 + word.chars().count();
    }
    lines + "\n"
}
