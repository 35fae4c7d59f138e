//! The modules of ours that stand in for what a project's folder lacks.

use std::fmt;
use std::str::FromStr;

/// A module that is part of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standin {
    /// `convex/values`
    Values,
    /// `convex/server`
    Server,
    /// `_generated/server`
    GeneratedServer,
    /// `_generated/api`
    GeneratedApi,
    /// `node:async_hooks`
    AsyncHooks,
    /// A module without exports.
    Empty,
}

const ALL: [(Standin, &str, &str); 6] = [
    (
        Standin::Values,
        "values",
        include_str!("js/standin/values.js"),
    ),
    (
        Standin::Server,
        "server",
        concat!(
            include_str!("js/standin/server.js"),
            include_str!("js/standin/server-routes.js")
        ),
    ),
    (
        Standin::GeneratedServer,
        "generated-server",
        include_str!("js/standin/generated-server.js"),
    ),
    (
        Standin::GeneratedApi,
        "generated-api",
        include_str!("js/standin/generated-api.js"),
    ),
    (
        Standin::AsyncHooks,
        "async-hooks",
        include_str!("js/standin/async-hooks.js"),
    ),
    (Standin::Empty, "empty", "export {};"),
];

impl Standin {
    /// For a specifier that leads nowhere.
    pub(crate) fn of_specifier(specifier: &str) -> Option<Self> {
        match specifier {
            "convex/values" => Some(Self::Values),
            "convex/server" => Some(Self::Server),
            _ => Self::of_generated(specifier),
        }
    }

    /// For a path into a `_generated` folder, which codegen writes.
    pub(crate) fn of_generated(path: &str) -> Option<Self> {
        let (folder, file) = path.rsplit_once('/')?;
        if folder != "_generated" && !folder.ends_with("/_generated") {
            return None;
        }
        match file.split('.').next()? {
            "server" => Some(Self::GeneratedServer),
            "api" => Some(Self::GeneratedApi),
            "dataModel" => Some(Self::Empty),
            _ => None,
        }
    }

    pub(crate) fn source(self) -> &'static str {
        ALL.iter()
            .find(|(standin, ..)| *standin == self)
            .map_or("", |(_, _, source)| source)
    }
}

impl fmt::Display for Standin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ALL
            .iter()
            .find(|(standin, ..)| standin == self)
            .map_or("", |(_, name, _)| name);
        write!(f, "standin:{name}")
    }
}

impl FromStr for Standin {
    type Err = ();

    fn from_str(id: &str) -> Result<Self, ()> {
        let name = id.strip_prefix("standin:").ok_or(())?;
        ALL.iter()
            .find(|(_, known, _)| *known == name)
            .map(|(standin, ..)| *standin)
            .ok_or(())
    }
}
