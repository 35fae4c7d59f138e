//! Entries of a TOML file by their keys and kinds, with the lines that they are on.

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

/// The text of the file, and where it is.
pub(super) struct Reader<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

pub(super) type Entry<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    pub(super) fn known_keys(
        &self,
        table: &DeTable,
        prefix: &str,
        known: &[&str],
    ) -> Result<(), Error> {
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
            return Err(self.error(line, format!("unknown key `{prefix}{name}`. {hint}")));
        }
        Ok(())
    }

    pub(super) fn table<'a, 'i>(
        &self,
        parent: &'a DeTable<'i>,
        key: &str,
    ) -> Result<Option<&'a DeTable<'i>>, Error> {
        let Some(entry) = parent.get(key) else {
            return Ok(None);
        };
        let expected = format!("`{key}` must be a table, as `[{key}]` begins one");
        let table = entry.get_ref().as_table();
        table.map(Some).ok_or_else(|| self.at(entry, expected))
    }

    pub(super) fn string(
        &self,
        table: &DeTable,
        prefix: &str,
        key: &str,
    ) -> Result<Option<Named>, Error> {
        let Some(entry) = table.get(key) else {
            return Ok(None);
        };
        let text = entry
            .get_ref()
            .as_str()
            .ok_or_else(|| self.at(entry, format!("`{prefix}{key}` must be a text in quotes")))?;
        Ok(Some(Named {
            text: text.to_owned(),
            line: self.line(&entry.span()),
        }))
    }

    pub(super) fn at(&self, entry: &Entry, message: String) -> Error {
        self.error(Some(self.line(&entry.span())), message)
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
