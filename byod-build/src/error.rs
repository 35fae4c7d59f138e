use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a project could not be read.
///
/// Each message is one or two lines, one for each error where there are several, and names the file, the reason and the fix.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no `byod.toml` where it was looked for.
    #[error(
        "{}: no such file. Write it; the smallest one is the line `main.convex = \"path/to/convex\"`",
        path.display()
    )]
    NoConfig {
        /// Where it was looked for.
        path: PathBuf,
    },

    /// `byod.toml` is not what it must be.
    #[error("{}{}: {message}", path.display(), line.map_or(String::new(), |line| format!(":{line}")))]
    Config {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1, where it is known.
        line: Option<usize>,
        /// The reason and the fix.
        message: String,
    },

    /// Several things are wrong, each an error of its own: at least two.
    #[error("{}", lines(.0))]
    Several(Vec<Error>),

    /// The Convex folder does not exist, or is not a folder.
    #[error("{}: no such folder. {fix}", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
        /// Where to correct it.
        fix: String,
    },

    /// The Convex folder has no `schema.ts`.
    #[error(
        "{}: there is no schema.ts (or schema.js). Add one that says `export default defineSchema({{…}})`, or name another Convex folder",
        path.display()
    )]
    NoSchema {
        /// The folder.
        path: PathBuf,
    },

    /// The folder holds several Convex projects, and none is the folder's own.
    #[error(
        "{}: there are several Convex projects below it: {}. Name one of them",
        path.display(), shown(found)
    )]
    SeveralProjects {
        /// The folder.
        path: PathBuf,
        /// The Convex folders below it.
        found: Vec<PathBuf>,
    },

    /// The Convex folder of an app is in another project: its `convex.json`, or a link, says so.
    #[error(
        "{}: its Convex folder would be {}, which is outside of {}, the project's package or workspace. Name that folder itself in byod.toml if you mean it",
        app.display(), folder.display(), root.display()
    )]
    FolderOutside {
        /// The folder that was named.
        app: PathBuf,
        /// Where its Convex folder is.
        folder: PathBuf,
        /// The folder that all of the project is in.
        root: PathBuf,
    },

    /// The schema threw, or is not a schema, or needs something that is missing.
    #[error("{at}: {message}")]
    Schema {
        /// The file, with line and column where they are known.
        at: String,
        /// The reason and the fix.
        message: String,
    },

    /// Running the modules cost more than the [`Limits`](crate::Limits) allow.
    #[error("{module}: {}", limit.stopped())]
    Limit {
        /// The module that was running.
        module: String,
        /// The limit that was reached.
        limit: Limit,
    },

    /// A module is nested so deep that compiling it could use up the stack.
    #[error(
        "{}:{line}:{column}: it is nested more than {most} deep, which is more than is compiled. Take it out of the folder, or write it with less inside one another",
        path.display()
    )]
    Nesting {
        /// The file.
        path: PathBuf,
        /// The line where it goes too deep, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// How deep is compiled.
        most: usize,
    },

    /// The snapshot can't stand for the projects, or is not what they declare.
    #[error("{}: {message}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// The reason and the fix.
        message: String,
    },

    /// An environment variable says what byod-build doesn't know.
    #[error("{message}")]
    Environment {
        /// The variable, the reason and the fix.
        message: String,
    },

    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The JavaScript engine itself failed.
    #[error("the JavaScript engine failed: {0}")]
    Engine(String),
}

/// What of the [`Limits`](crate::Limits) was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The operations.
    Operations(u64),
    /// Half of what modules that had to be stopped had left of the operations.
    HalfOfOperations(u64),
    /// The time.
    Time(Duration),
    /// The memory of the engine, in bytes.
    Memory(usize),
}

impl Limit {
    pub(crate) fn is_memory(self) -> bool {
        matches!(self, Self::Memory(_))
    }

    /// What happened and what to do, as a sentence without its subject.
    pub(crate) fn stopped(self) -> String {
        let (limit, which) = match self {
            Self::Operations(count) => (operations(count), "operations"),
            Self::HalfOfOperations(count) => (
                format!("half of what was left of {}", operations(count)),
                "operations",
            ),
            Self::Time(time) => (format!("{} ms", time.as_millis()), "time"),
            Self::Memory(bytes) => (format!("{} MiB of memory", bytes >> 20), "memory"),
        };
        format!(
            "stopped after {limit} while it was running. Look for an endless loop, or raise the limit `{which}` (`Builder::limits`)"
        )
    }
}

/// A number of operations, in words.
pub(crate) fn operations(count: u64) -> String {
    format!("{} million operations", count / 1_000_000)
}

fn shown(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    paths.join(", ")
}

fn lines(errors: &[Error]) -> String {
    let lines: Vec<_> = errors.iter().map(Error::to_string).collect();
    lines.join("\n")
}

impl Error {
    /// All of them, those of `byod.toml` in its order; there is at least one.
    pub(crate) fn several(mut errors: Vec<Self>) -> Self {
        if errors.len() == 1 {
            errors.remove(0)
        } else {
            errors.sort_by_key(|error| match error {
                Self::Config { line, .. } => line.unwrap_or(usize::MAX),
                _ => usize::MAX,
            });
            Self::Several(errors)
        }
    }

    /// The part of it that is about `byod.toml` itself.
    pub(crate) fn of_config(self) -> Option<Self> {
        match self {
            Self::NoConfig { .. } | Self::Config { .. } => Some(self),
            Self::Several(errors) => {
                let errors: Vec<_> = errors.into_iter().filter_map(Self::of_config).collect();
                (!errors.is_empty()).then(|| Self::several(errors))
            }
            _ => None,
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

#[cfg(feature = "reader")]
impl From<rquickjs::Error> for Error {
    fn from(error: rquickjs::Error) -> Self {
        Self::Engine(error.to_string())
    }
}

/// A text without ends of lines, and without what terminals obey or what turns the direction
/// of what follows: files, folders and names in them may be called anything.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}
