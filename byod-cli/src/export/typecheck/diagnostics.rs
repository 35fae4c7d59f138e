//! What TypeScript says, and which statement of a written module it says it of.

use std::fmt;
use std::path::Path;

use byod_build::one_line;

use crate::export::placing::NOT_TYPED;
use crate::source::{Module, Sources};

/// How much of a message is shown, in characters.
const SHOWN: usize = 240;

/// A mistake that TypeScript has found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Diagnostic {
    /// Below the Convex folder; none where it is of the settings.
    pub(super) file: Option<String>,
    /// Both count from one; columns are of UTF-16.
    line: usize,
    column: usize,
    /// `TS2345`
    code: String,
    message: String,
}

/// Those in what the compiler prints, without what it says in further lines of each.
pub(super) fn parse(text: &str) -> Vec<Diagnostic> {
    text.lines().filter_map(Diagnostic::of_line).collect()
}

impl Diagnostic {
    fn of_line(line: &str) -> Option<Self> {
        let (at, rest) = match line.strip_prefix("error TS") {
            Some(rest) => (None, rest),
            None => {
                let (at, rest) = line.split_once(": error TS")?;
                (Some(at.strip_suffix(')')?.rsplit_once('(')?), rest)
            }
        };
        let (number, message) = rest.split_once(": ")?;
        let (line, column) = match at {
            Some((_, place)) => {
                let (line, column) = place.split_once(',')?;
                (line.parse().ok()?, column.parse().ok()?)
            }
            None => (0, 0),
        };
        let message = one_line(message.trim_end_matches('.'));
        let mut shown: String = message.chars().take(SHOWN).collect();
        if shown.len() < message.len() {
            shown.push('…');
        }
        Some(Self {
            file: at.map(|(file, _)| file.to_owned()),
            line,
            column,
            code: format!("TS{}", number.parse::<u32>().ok()?),
            message: shown,
        })
    }

    /// Whether it is of what lies outside of the project, as packages that have their
    /// sources for types do; not of settings, which may lie there, too.
    pub(super) fn is_of_package(&self) -> bool {
        let file = self.file.as_deref().unwrap_or_default();
        let is_outside = file.starts_with("../")
            || file.starts_with("node_modules/")
            || Path::new(file).is_absolute();
        is_outside && !file.ends_with(".json")
    }

    /// Why a function is missing: a part of a sentence about it.
    pub(super) fn reason(&self, name: Option<&String>) -> String {
        let Self { code, message, .. } = self;
        let file = self.file.as_deref().unwrap_or_default();
        let of = match name {
            Some(name) => format!("`{name}` in `{file}`"),
            None => format!("`{file}`"),
        };
        format!("{NOT_TYPED} of {of}: {message} ({code})")
    }

    /// The written module that it is of, and the names there that it is about: without
    /// any, all of it.
    pub(super) fn place(&self, written: &Sources) -> Option<(String, Vec<String>)> {
        let name = self.file.as_ref()?.strip_suffix(".ts")?;
        let module = written.modules.get(name)?;
        let at = offset(&module.text, self.line, self.column)?;
        Some((name.to_owned(), names(module, at)))
    }
}

/// As it is told where it keeps no function away.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            code,
            message,
            ..
        } = self;
        match file {
            Some(file) => write!(f, "TypeScript says of `{file}`, line {line}: ")?,
            None => write!(f, "TypeScript says of its settings: ")?,
        }
        write!(f, "{message} ({code})")
    }
}

/// Where a place in the text is, as TypeScript counts lines and columns.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let is_end = |c: char| matches!(c, '\n' | '\u{2028}' | '\u{2029}');
    let before = text.split_inclusive(is_end).take(line.checked_sub(1)?);
    let begin = before.map(str::len).sum::<usize>();
    let mut left = column.checked_sub(1)?;
    for (at, c) in text.get(begin..)?.char_indices() {
        if left == 0 {
            return Some(begin + at);
        }
        left = left.saturating_sub(c.len_utf16());
    }
    Some(text.len())
}

/// What the statement at a place declares; or, where that is an import or an export,
/// what uses the name or the module that stands there.
fn names(module: &Module, at: usize) -> Vec<String> {
    let mut statements = module.statements.iter();
    if let Some(statement) = statements.find(|statement| statement.span.contains(&at)) {
        return statement.names.clone();
    }
    let word = word(&module.text[at..]);
    if module.exports.contains_key(word) {
        return vec![word.to_owned()];
    }
    let mut locals = module.imports.iter().flat_map(|import| {
        let names = import.names.iter().filter(move |name| {
            import.specifier == word || name.local == word || name.imported.name() == Some(word)
        });
        names.map(|name| &name.local)
    });
    let mut found: Vec<String> = Vec::new();
    for local in locals.by_ref() {
        let users = module.statements.iter();
        let users = users.filter(|statement| statement.facts.names.contains(local));
        found.extend(users.flat_map(|statement| statement.names.clone()));
    }
    found
}

/// The name, or the text in quotes, that begins there.
fn word(text: &str) -> &str {
    let quoted = text.strip_prefix(['"', '\'']);
    let is_end = |c: char| match quoted {
        Some(_) => matches!(c, '"' | '\'' | '\n'),
        None => !(c.is_alphanumeric() || matches!(c, '_' | '$')),
    };
    let text = quoted.unwrap_or(text);
    &text[..text.find(is_end).unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::{offset, parse, word};

    #[test]
    fn what_the_compiler_prints_is_read() {
        let found = parse(
            "notes (1).ts(2,10): error TS2305: Module '\"./x\"' has no member: 'y'.\n  \
             More of that.\nerror TS5023: Unknown compiler option 'x'.\nFound 2 errors.\n",
        );
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "TypeScript says of `notes (1).ts`, line 2: Module '\"./x\"' has no member: 'y' (TS2305)",
                "TypeScript says of its settings: Unknown compiler option 'x' (TS5023)",
            ]
        );
        assert_eq!(
            found[0].reason(Some(&"list".to_owned())),
            "would not typecheck there: TypeScript says of `list` in `notes (1).ts`: Module '\"./x\"' has no member: 'y' (TS2305)"
        );
    }

    #[test]
    fn a_place_is_found_whatever_stands_before_it() {
        let text = "a\u{2028}é😀b\nc";
        assert_eq!(offset(text, 2, 4), text.find('b'));
        assert_eq!(offset(text, 3, 1), text.find('c'));
        assert_eq!(offset(text, 0, 1), None);
    }

    #[test]
    fn names_and_modules_are_words() {
        assert_eq!(word("list, other"), "list");
        assert_eq!(word("\"./a\";"), "./a");
        assert_eq!(word("{"), "");
    }
}
