use std::io;
use std::path::PathBuf;

/// Why something could not be done for the fleet. What is wrong with one user's deployment is
/// none: that is in the report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Main could not be asked, or refused what it was told.
    #[error(transparent)]
    Byod(#[from] byod_runtime::Error),

    /// The package `convex` isn't installed where the project is.
    #[error(
        "{}: the package `convex` isn't installed there or above; run `npm install` beside its package.json",
        folder.display()
    )]
    NoTool {
        /// The project's folder.
        folder: PathBuf,
    },

    /// The official tool could not bundle the project.
    #[error("`npx convex` could not bundle {}: {said}", folder.display())]
    Tool {
        /// The project's folder.
        folder: PathBuf,
        /// What it said last.
        said: String,
    },

    /// A bundle isn't in the folder of bundles.
    #[cfg(feature = "engine")]
    #[error(
        "{}: there is no such bundle; copy it from the folder that `byod fleet deploy --engine` was given, or share that",
        path.display()
    )]
    NoBundle {
        /// Where it was looked for.
        path: PathBuf,
    },

    /// A file is under the name of a bundle, and is another.
    #[cfg(feature = "engine")]
    #[error("{}: it isn't the bundle of its name; delete it, and copy it again", path.display())]
    OtherBundle {
        /// Which.
        path: PathBuf,
    },

    /// The engine can't be asked, or isn't one.
    #[cfg(feature = "engine")]
    #[error("the engine at {url} {problem}")]
    EngineUrl {
        /// Where it was looked for.
        url: String,
        /// What is wrong.
        problem: String,
    },

    /// The engine has no workers for the fleet.
    #[cfg(feature = "engine")]
    #[error(
        "the engine at {url} has no workers: start `byod-fleet serve` where it can be reached, and register that at the engine's admin API: \
         `curl http://127.0.0.1:9070/deployments --json '{{\"uri\": \"http://127.0.0.1:9080\"}}'`"
    )]
    NoWorkers {
        /// Where it was looked for.
        url: String,
    },

    /// The engine, or one of its workers, refused what it was asked.
    #[cfg(feature = "engine")]
    #[error("the engine refuses ({status}): {said}")]
    Engine {
        /// The HTTP status.
        status: u16,
        /// What it says.
        said: String,
    },

    /// A file or program of the operator's could not be used.
    #[error("{what}: {source}")]
    Io {
        /// Which.
        what: String,
        /// Why not.
        source: io::Error,
    },
}

/// Why a text is no share, no waves or no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} {problem}")]
pub struct ParseError {
    pub(crate) text: String,
    pub(crate) problem: &'static str,
}

impl ParseError {
    pub(crate) fn new(text: &str, problem: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            problem,
        }
    }
}
