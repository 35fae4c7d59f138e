//! Texts from outside (of deployments, proxies, records and users), made fit for
//! errors and logs.

use std::fmt::{self, Write as _};

/// How much of a text that explains something is kept, in characters.
pub(crate) const EXPLANATION: usize = 300;

/// Shows a text on one line: what would begin another, move the cursor or turn the
/// direction of writing is escaped, so that nobody can forge a line of a log.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    write!(f, "{}", character.escape_unicode())?;
                }
                _ if character.is_control() => write!(f, "{}", character.escape_debug())?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// The text on one line and without control characters, of at most `limit`
/// characters.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut line = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    shortened(line, limit)
}

/// At most `limit` characters of the text; `…` stands for the rest.
fn shortened(mut text: String, limit: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(limit) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Whether a deployment says by that that it has no function of such a path, or none of a module.
pub(crate) fn is_without(message: &str, path: &str) -> bool {
    message.contains("Could not find") && message.contains(path)
}

/// Whether a deployment says by that that the function of that path isn't there, or doesn't
/// know an argument that it takes in a later version: it needs more than what is there.
pub(crate) fn needs_more(message: &str, path: &str, takes: &[&str]) -> bool {
    lacks(message, path) || unknown_argument(message).is_some_and(|name| takes.contains(&name))
}

fn lacks(message: &str, path: &str) -> bool {
    let missing = message.split_once("Could not find public function for '");
    let Some(named) = missing.and_then(|(_, named)| named.split('\'').next()) else {
        return false;
    };
    // Paths are said with the name of the file, too, and `default` is left out.
    let named = named.replace(".js:", ":");
    let named = named.trim_end_matches(".js");
    named == path || path.strip_suffix(":default") == Some(named)
}

/// The argument that the function's validator doesn't have; not a field within one.
fn unknown_argument(message: &str) -> Option<&str> {
    let said = without_head(message);
    let rest = said.strip_prefix("ArgumentValidationError: Object contains extra field `")?;
    let (name, rest) = rest.split_once("` that is not in the validator.")?;
    (!rest.starts_with("\nPath:")).then_some(name)
}

/// What a function said, without the line that names the request.
pub(crate) fn without_head(message: &str) -> &str {
    match message.split_once('\n') {
        Some((head, said)) if head.ends_with("Server Error") => said,
        _ => message,
    }
}

/// What serde says of a value that it can't read, with the kind of what was found
/// in place of the value itself, which is the user's.
pub(crate) fn unreadable(error: &serde_json::Error) -> String {
    const KINDS: [&str; 4] = [
        "invalid type: ",
        "invalid value: ",
        "unknown variant ",
        "unknown field ",
    ];
    const EXPECTED: &str = ", expected ";
    let text = error.to_string();
    // Before the first of these there are only names of fields, after it the value.
    let begin = KINDS
        .iter()
        .filter_map(|kind| Some(text.find(kind)? + kind.len()))
        .min();
    let Some(begin) = begin else {
        return one_line(&text, EXPLANATION);
    };
    let (known, found) = text.split_at(begin);
    let found = found.split(['"', '`', ',']).next().unwrap_or_default();
    let expected = text.rfind(EXPECTED).map_or("", |at| &text[at..]);
    let known = format!("{known}{found}");
    one_line(&format!("{}{expected}", known.trim_end()), EXPLANATION)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    #[test]
    fn nothing_in_a_text_begins_another_line() {
        assert_eq!(
            Shown("u\nERROR forged \u{1b}[2J\r\u{2028}\u{202e}ö`").to_string(),
            r"u\nERROR forged \u{1b}[2J\r\u{2028}\u{202e}ö`"
        );
    }

    #[test]
    fn a_line_is_short() {
        assert_eq!(one_line("<p>\u{1b}[1m\r\n x</p>", 300), "<p> [1m x</p>");
        assert_eq!(one_line("äöü", 2), "äö…");
    }

    #[test]
    fn a_missing_module_is_told_from_a_broken_one() {
        for message in [
            "Could not find public function for 'byod/claim:claim'.",
            "Could not find function for 'byod/claim:state'. Did you forget to run `npx convex dev`?",
        ] {
            assert!(is_without(message, "byod/claim:"));
            assert!(!is_without(message, "byod/history:"));
        }
        assert!(!is_without(
            "Could not find the document 'k57'",
            "byod/claim:"
        ));
        assert!(!is_without(
            "Uncaught Error: byod/claim:claim",
            "byod/claim:"
        ));
    }

    #[test]
    fn what_is_not_there_yet_is_told_from_what_fails() {
        for message in [
            "Could not find public function for 'notes:list'. Did you forget to run `npx convex dev` or `npx convex deploy`?",
            "[Request ID: 0a1b] Server Error\nCould not find public function for 'notes.js:list'.",
            "ArgumentValidationError: Object contains extra field `tag` that is not in the validator.",
            "[Request ID: 0a1b] Server Error\nArgumentValidationError: Object contains extra field `tag` that is not in the validator.",
        ] {
            assert!(needs_more(message, "notes:list", &["tag"]), "{message}");
        }
        for message in [
            "Could not find public function for 'notes'. Did you forget to run `npx convex dev` or `npx convex deploy`?",
            "Could not find public function for 'notes.js:default'.",
        ] {
            assert!(needs_more(message, "notes:default", &[]), "{message}");
        }
        for message in [
            // That another one isn't there, which an action asked for that has done more.
            "Uncaught Error: Could not find public function for 'notes:other'.",
            "Could not find public function for 'my/notes:list'.",
            "ArgumentValidationError: Object is missing the required field `tag`.",
            // Which no version takes, and one that is in an argument.
            "ArgumentValidationError: Object contains extra field `tga` that is not in the validator.",
            "ArgumentValidationError: Object contains extra field `tag` that is not in the validator.\nPath: .where",
            "Uncaught Error: ArgumentValidationError: Object contains extra field `tag` that is not in the validator.",
        ] {
            assert!(!needs_more(message, "notes:list", &["tag"]), "{message}");
        }
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[allow(dead_code, reason = "only its type matters")]
    enum Kind {
        First,
        Second { a: u8 },
    }

    fn reason<T: DeserializeOwned>(json: &str) -> String {
        let Err(error) = serde_json::from_str::<T>(json) else {
            panic!("{json} is readable")
        };
        unreadable(&error)
    }

    #[test]
    fn the_kind_stands_for_the_value() {
        let expected = "invalid type: string, expected f64 at line 1 column";
        for text in ["geheim", r#"a\", expected geheim `"#, r"\n"] {
            let reason = reason::<f64>(&format!("\"{text}\""));
            assert!(reason.starts_with(expected), "{reason}");
        }
        for (reason, expected) in [
            (
                reason::<String>("4711"),
                "invalid type: integer, expected a string at line 1 column 4",
            ),
            (
                reason::<u8>("4711"),
                "invalid value: integer, expected u8 at line 1 column 4",
            ),
            (
                reason::<String>("[]"),
                "invalid type: sequence, expected a string at line 1 column 0",
            ),
            (
                reason::<Kind>("\"geheim\""),
                "unknown variant, expected `first` or `second` at line 1 column 8",
            ),
            (
                reason::<Kind>(r#"{"second": {"geheim": 1}}"#),
                "unknown field, expected `a` at line 1 column 20",
            ),
            (
                reason::<Kind>(r#"{"second": {}}"#),
                "missing field `a` at line 1 column 13",
            ),
        ] {
            assert_eq!(reason, expected);
        }
        let long = "x".repeat(2_000_000);
        assert!(reason::<f64>(&format!("\"{long}\"")).len() < 100);
    }
}
