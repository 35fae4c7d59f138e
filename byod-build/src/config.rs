//! `byod.toml`: where the Convex projects are, and where every table lives.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use byod_schema::{Injection, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Error;

/// What `byod.toml` says.
#[derive(Debug)]
pub(crate) struct Config {
    /// The file itself.
    pub(crate) path: PathBuf,
    /// The service's own project, as written.
    pub(crate) main: Named,
    /// The project of the users' deployments, as written.
    pub(crate) user: Option<Named>,
    /// The tables that live on the user's deployment, in the order written.
    pub(crate) tables: Vec<Named>,
    pub(crate) inject: BTreeMap<String, Injection>,
    /// The committed manifest, for builds without the projects, as written.
    pub(crate) snapshot: Option<Named>,
}

/// A text with the line it is on, counted from 1.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Config {
    /// Reads the file; paths in it stay as they are written.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::NoConfig {
                path: path.to_owned(),
            },
            _ => Error::io(path, error),
        })?;
        Self::parse(path, &text)
    }

    /// Reads the text of the file.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let reader = Reader { path, text };
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map(|span| reader.line(&span));
            let message = error.message().replace('\n', ", ");
            reader.error(line, format!("this is no TOML: {message}"))
        })?;
        reader.config(table.get_ref())
    }

    /// An error about the entry on `line`.
    pub(crate) fn error(&self, line: usize, message: String) -> Error {
        Error::Config {
            path: self.path.clone(),
            line: Some(line),
            message,
        }
    }

    /// A path that the file names, seen from where the build runs.
    pub(crate) fn beside(&self, named: &Named) -> PathBuf {
        self.path
            .parent()
            .unwrap_or(Path::new(""))
            .join(&named.text)
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

type Entry<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn config(&self, root: &DeTable) -> Result<Config, Error> {
        self.known_keys(root, "", &["main", "user", "snapshot"])?;
        let main = self.table(root, "main")?;
        let Some(main) = main else {
            let message = "[main] is missing. Add `[main]` with `convex = \"path/to/convex\"`";
            return Err(self.error(None, message.to_owned()));
        };
        self.known_keys(main, "main.", &["convex"])?;
        let Some(convex) = self.string(main, "main.", "convex")? else {
            let message = "`convex` is missing in [main]. Add `convex = \"path/to/convex\"`";
            return Err(self.error(None, message.to_owned()));
        };
        let mut config = Config {
            path: self.path.to_owned(),
            main: convex,
            user: None,
            tables: Vec::new(),
            inject: BTreeMap::new(),
            snapshot: self.string(root, "", "snapshot")?,
        };
        if let Some(user) = self.table(root, "user")? {
            self.known_keys(user, "user.", &["convex", "tables", "inject"])?;
            config.user = self.string(user, "user.", "convex")?;
            config.tables = self.tables(user)?;
            config.inject = self.inject(user)?;
        }
        Ok(config)
    }

    fn tables(&self, user: &DeTable) -> Result<Vec<Named>, Error> {
        let Some(entry) = user.get("tables") else {
            return Ok(Vec::new());
        };
        let expected = "`user.tables` must be a list of table names: `tables = [\"messages\"]`";
        let list = entry
            .get_ref()
            .as_array()
            .ok_or_else(|| self.at(entry, expected.to_owned()))?;
        let mut tables: Vec<Named> = Vec::new();
        for item in list.iter() {
            let name = item
                .get_ref()
                .as_str()
                .ok_or_else(|| self.at(item, expected.to_owned()))?;
            if let Some(first) = tables.iter().find(|table| table.text == name) {
                let message = format!(
                    "the table `{name}` is listed twice, first on line {}. Remove one",
                    first.line
                );
                return Err(self.at(item, message));
            }
            tables.push(Named {
                text: name.to_owned(),
                line: self.line(&item.span()),
            });
        }
        Ok(tables)
    }

    fn inject(&self, user: &DeTable) -> Result<BTreeMap<String, Injection>, Error> {
        let Some(inject) = self.table(user, "inject")? else {
            return Ok(BTreeMap::new());
        };
        let kind = |(name, entry): (&Spanned<std::borrow::Cow<str>>, &Entry)| {
            let injection = match entry.get_ref().as_str() {
                Some("subject") => Injection::Subject,
                Some("now") => Injection::Now,
                Some("idempotency-key") => Injection::IdempotencyKey,
                _ => {
                    let message = format!(
                        "`{}` in [user.inject] must be \"subject\", \"now\" or \"idempotency-key\"",
                        name.get_ref()
                    );
                    return Err(self.at(entry, message));
                }
            };
            Ok((name.get_ref().to_string(), injection))
        };
        let injected: BTreeMap<_, _> = inject.iter().map(kind).collect::<Result<_, _>>()?;
        let mut keys = inject.iter().filter(|(name, _)| {
            injected.get(name.get_ref().as_ref()) == Some(&Injection::IdempotencyKey)
        });
        if let (Some((first, _)), Some((second, entry))) = (keys.next(), keys.next()) {
            let message = format!(
                "a mutation has one idempotency key, but [user.inject] has `{}` and `{}`. Remove one",
                first.get_ref(),
                second.get_ref()
            );
            return Err(self.at(entry, message));
        }
        Ok(injected)
    }

    fn known_keys(&self, table: &DeTable, prefix: &str, known: &[&str]) -> Result<(), Error> {
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

    fn table<'a, 'i>(
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

    fn string(&self, table: &DeTable, prefix: &str, key: &str) -> Result<Option<Named>, Error> {
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

    fn at(&self, entry: &Entry, message: String) -> Error {
        self.error(Some(self.line(&entry.span())), message)
    }

    fn line(&self, span: &Range<usize>) -> usize {
        let end = self.text.floor_char_boundary(span.start);
        self.text[..end].matches('\n').count() + 1
    }

    fn error(&self, line: Option<usize>, message: String) -> Error {
        Error::Config {
            path: self.path.to_owned(),
            line,
            message,
        }
    }
}
