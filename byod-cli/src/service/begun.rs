//! The text of a new `byod.toml`.

use std::fmt::Write as _;

use toml_edit::Value;

use super::guess::Guess;

/// The file's text; the folders are as it names them.
pub(super) fn byod_toml(guess: &Guess, main: &str, user: &str) -> String {
    let mut text = format!(
        r#"# Where every table lives. `byod init` has guessed by the fields that hold an owner: look through it.

[main]
convex = {}  # your Convex project

[user]
convex = {}  # what each user's own deployment runs: `byod export` writes it
# What is your users' own. Every other table is on main.
"#,
        quoted(main),
        quoted(user)
    );
    // Writing into a text doesn't fail.
    if guess.tables.is_empty() {
        text.push_str("tables = []  # no table was found that holds an owner: name yours\n");
    } else {
        text.push_str("tables = [\n");
        for (table, field) in &guess.tables {
            let _ = writeln!(text, "    {},  # by `{field}`", quoted(table));
        }
        text.push_str("]\n");
    }
    if !guess.aside.is_empty() {
        text.push_str("# Left on main, though each names a user or hangs from what does:\n");
        for aside in &guess.aside {
            let _ = writeln!(text, "#   `{}` {}", aside.table, aside.why);
        }
    }
    let _ = write!(
        text,
        r#"
[user.inject]  # arguments that only users' deployments take; the runtime gives them
{} = "subject"  # whose call it is, as your auth provider names them
"#,
        guess.subject
    );
    let mut owners = guess
        .tables
        .iter()
        .filter(|(_, field)| **field != guess.subject)
        .peekable();
    if owners.peek().is_some() {
        text.push_str(
            "\n[user.owner]  # whose a document is, where no field of that name says it\n",
        );
    }
    for (table, field) in owners {
        let _ = writeln!(text, "{table} = {}", quoted(field));
    }
    text
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
