//! Reads `byod.toml`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use byod_schema::{Deployments, Injection, Moves, Stated};
use toml::de::DeTable;

use super::entries::{Named, Reader};
use super::{mirror, moves, stated, user};
use crate::error::Error;
use crate::limits::read_text;

/// What `byod.toml` says.
#[derive(Debug)]
pub(crate) struct Config {
    /// The file itself.
    pub(crate) path: PathBuf,
    /// What is wrong in it.
    pub(crate) mistakes: Vec<Error>,
    /// The service's own project, as written.
    pub(crate) main: Named,
    /// The project of the users' deployments, as written.
    pub(crate) user: Option<Named>,
    /// The tables that live on the user's deployment, in the order written.
    pub(crate) tables: Vec<Named>,
    pub(crate) inject: BTreeMap<String, Injection>,
    pub(crate) deployments: Deployments,
    /// By table, the field that says whose a document is.
    pub(crate) owner: Vec<(Named, Named)>,
    /// The tables whose documents are everybody's.
    pub(crate) common: Vec<Named>,
    /// The tables of main that are written from users' deployments though they have no
    /// owner.
    pub(crate) outbox: Vec<Named>,
    /// The tables of main of which users' deployments have copies.
    pub(crate) mirror: Vec<Named>,
    /// The tables of main whose documents are nobody's, of which users' deployments have
    /// copies of all.
    pub(crate) published: Vec<Named>,
    /// The fields of both that never leave main.
    pub(crate) never_mirror: Vec<Named>,
    /// Whether users' data moves, and how.
    pub(crate) moves: Option<Moves>,
    /// What is said of single functions and modules.
    pub(crate) stated: Stated,
    /// The committed manifest, for builds without the projects, as written.
    pub(crate) snapshot: Option<Named>,
}

impl Config {
    /// Reads the file; paths in it stay as they are written. Its mistakes are kept, so that
    /// they are told together with those that show in what it names.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = read_text(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::NoConfig {
                path: path.to_owned(),
            },
            _ => Error::io(path, error),
        })?;
        Self::parse(path, &text)
    }

    /// Reads the text of the file.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let reader = Reader {
            path,
            text,
            mistakes: RefCell::default(),
        };
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map(|span| reader.line(&span));
            let message = error.message().replace('\n', ", ");
            reader.error(line, format!("this is no TOML: {message}"))
        })?;
        let config = read(&reader, table.get_ref());
        let mistakes = reader.mistakes.into_inner();
        match config {
            Some(config) => Ok(Self { mistakes, ..config }),
            None => Err(Error::several(mistakes)),
        }
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

/// The whole file; `None` where it doesn't say what is to be read at all.
fn read(reader: &Reader<'_>, root: &DeTable) -> Option<Config> {
    let are_known = reader.known_keys(root, "", &["main", "user", "snapshot"]);
    let snapshot = reader.string(root, "", "snapshot");
    let main = match root.get("main") {
        Some(_) => reader.table(root, "main"),
        // It may be the one that is called otherwise.
        None if !are_known => None,
        None => {
            let message = "[main] is missing. Add `[main]` with `convex = \"path/to/convex\"`";
            reader.wrong(None, message.to_owned());
            None
        }
    };
    let convex = main.and_then(|main| {
        if reader.known_keys(main, "main.", &["convex"]) && main.get("convex").is_none() {
            let message = "`convex` is missing in [main]. Add `convex = \"path/to/convex\"`";
            reader.wrong(None, message.to_owned());
        }
        reader.string(main, "main.", "convex")
    });
    let mut config = Config {
        path: reader.path.to_owned(),
        mistakes: Vec::new(),
        main: Named {
            text: String::new(),
            line: 0,
        },
        user: None,
        tables: Vec::new(),
        inject: BTreeMap::new(),
        deployments: Deployments::Own,
        owner: Vec::new(),
        common: Vec::new(),
        outbox: Vec::new(),
        mirror: Vec::new(),
        published: Vec::new(),
        never_mirror: Vec::new(),
        moves: None,
        stated: Stated::default(),
        snapshot,
    };
    if let Some(user) = reader.table(root, "user") {
        reader.known_keys(user, "user.", &user::KEYS);
        config.user = reader.string(user, "user.", "convex");
        config.tables = user::names(reader, user, "tables", "messages");
        config.inject = user::inject(reader, user);
        config.deployments = user::deployments(reader, user);
        config.owner = user::owner(reader, user);
        config.common = user::names(reader, user, "common", "templates");
        config.outbox = user::names(reader, user, "outbox", "feedback");
        config.mirror = user::names(reader, user, "mirror", "userPreferences");
        config.published = user::names(reader, user, "published", "plans");
        config.never_mirror = mirror::never(reader, user);
        config.moves = moves::moves(reader, user);
        config.stated = stated::stated(reader, user);
        let outbox = config.outbox.iter().map(|table| table.text.clone());
        config.stated.outbox = outbox.collect();
        let (tables, mirrored) = (&config.tables, &config.mirror);
        let copied = mirror::Copied {
            tables,
            mirror: mirrored,
            published: &config.published,
            never: &config.never_mirror,
            owner: &config.owner,
        };
        mirror::check(reader, &copied);
        user::check(reader, tables, mirrored, &config.owner, &config.common);
    }
    config.main = convex?;
    Some(config)
}
