//! Pieces of a module that are not main's text: functions that were written anew,
//! what is missing, and what is exported apart from its declaration.

use byod_schema::FunctionPath;

use super::crud::Written;

/// A piece of a module that is not carried over.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) text: String,
    /// What it uses of `byod/owner`, and whether it uses `v`.
    pub(crate) owner: Vec<&'static str>,
    pub(crate) uses_v: bool,
}

impl Item {
    pub(crate) fn written(path: &FunctionPath, written: &Written, reason: &str) -> Self {
        let comment = comment(&format!("Not main's, which {reason}."));
        let builders = ["ownerQuery", "ownerMutation", "ownerAction"];
        let mut owner: Vec<&'static str> = builders
            .into_iter()
            .filter(|builder| written.text.contains(&format!("= {builder}(")))
            .collect();
        if written.matches {
            owner.push("matches");
        }
        Self {
            name: path.name.clone(),
            text: format!("{comment}{}", written.text.trim_end()),
            owner,
            uses_v: written.text.contains("v."),
        }
    }

    pub(crate) fn missing(path: &FunctionPath, reason: &str) -> Self {
        Self {
            name: path.name.clone(),
            text: comment(&format!(
                "`{}` is missing, because main's {reason}. Write it in custom/{}.ts.",
                path.name, path.module
            ))
            .trim_end()
            .to_owned(),
            owner: Vec::new(),
            uses_v: false,
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
