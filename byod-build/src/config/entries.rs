//! Entries of a TOML file by their keys and kinds, with the lines that they are on.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use byod_schema::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, one_line};

/// A text with the line it is on, counted from 1.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// The text of the file, where it is, and what is wrong in it.
pub(super) struct Reader<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    /// All mistakes are told at once.
    pub(super) mistakes: RefCell<Vec<Error>>,
}

pub(super) type Entry<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    /// Tells of other keys than those that are known; whether there are none.
    pub(super) fn known_keys(&self, table: &DeTable, prefix: &str, known: &[&str]) -> bool {
        let mut are_known = true;
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let hint = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("Did you mean `{prefix}{meant}`?"),
                None => format!("Known here: {}", known.join(", ")),
            };
            let line = Some(self.line(&key.span()));
            self.wrong(line, format!("unknown key `{prefix}{name}`. {hint}"));
            are_known = false;
        }
        are_known
    }

    pub(super) fn table<'a, 'i>(
        &self,
        parent: &'a DeTable<'i>,
        key: &str,
    ) -> Option<&'a DeTable<'i>> {
        let entry = parent.get(key)?;
        let table = entry.get_ref().as_table();
        if table.is_none() {
            self.wrong_at(
                entry,
                format!("`{key}` must be a table, as `[{key}]` begins one"),
            );
        }
        table
    }

    pub(super) fn string(&self, table: &DeTable, prefix: &str, key: &str) -> Option<Named> {
        let entry = table.get(key)?;
        let Some(text) = entry.get_ref().as_str() else {
            self.wrong_at(entry, format!("`{prefix}{key}` must be a text in quotes"));
            return None;
        };
        Some(Named {
            text: text.to_owned(),
            line: self.line(&entry.span()),
        })
    }

    /// The entries of a list; none where it is no list, which is wrong.
    pub(super) fn list<'a, 'i>(
        &self,
        table: &'a DeTable<'i>,
        key: &str,
        expected: &str,
    ) -> impl Iterator<Item = &'a Entry<'i>> {
        let entry = table.get(key);
        let list = entry.and_then(|entry| entry.get_ref().as_array());
        if let (Some(entry), None) = (entry, list) {
            self.wrong_at(entry, expected.to_owned());
        }
        list.into_iter().flat_map(|list| list.iter())
    }

    pub(super) fn wrong_at(&self, entry: &Entry, message: String) {
        self.wrong(Some(self.line(&entry.span())), message);
    }

    pub(super) fn wrong(&self, line: Option<usize>, message: String) {
        self.mistakes.borrow_mut().push(self.error(line, message));
    }

    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.bytes().take(span.start);
        before.filter(|byte| *byte == b'\n').count() + 1
    }

    pub(super) fn error(&self, line: Option<usize>, message: String) -> Error {
        Error::Config {
            path: self.path.to_owned(),
            line,
            message: one_line(&message),
        }
    }
}
