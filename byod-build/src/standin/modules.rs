//! The modules of ours that stand in for what a project's folder lacks.

use std::fmt;
use std::str::FromStr;

/// A module that is part of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standin {
    /// For a package, the specifier by which it is imported.
    name: &'static str,
    source: &'static str,
    /// For a package, those that a reading is not exact without.
    packages: Option<&'static [Package]>,
}

/// A package that a stand-in stands for, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    /// The version that the stand-in is held equal to.
    pub(crate) version: &'static str,
}

impl Package {
    /// Whether `specifier` is one of its modules.
    pub(crate) fn has(&self, specifier: &str) -> bool {
        is_in(self.name, specifier)
    }
}

fn is_in(package: &str, specifier: &str) -> bool {
    let rest = specifier.strip_prefix(package);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

macro_rules! own {
    ($name:literal, $($file:literal),+) => {
        Standin { name: $name, source: concat!($(include_str!(concat!("js/", $file))),+), packages: None }
    };
}

macro_rules! of_package {
    ($packages:expr, $name:literal, $($file:literal),+) => {
        Standin {
            name: $name,
            source: concat!($(include_str!(concat!("js/", $file))),+),
            packages: Some($packages),
        }
    };
}

const VALUES: Standin = own!("convex/values", "convex/values.js");
const SERVER: Standin = own!(
    "convex/server",
    "convex/server.js",
    "convex/server-routes.js"
);
const GENERATED_SERVER: Standin = own!("_generated/server", "generated-server.js");
const GENERATED_API: Standin = own!("_generated/api", "generated-api.js");

impl Standin {
    /// `node:async_hooks`
    pub(crate) const ASYNC_HOOKS: Self = own!("async_hooks", "async-hooks.js");
    /// A module without exports.
    pub(crate) const EMPTY: Self = Self {
        name: "empty",
        source: "export {};",
        packages: None,
    };
}

const HELPERS: Package = Package {
    name: "convex-helpers",
    version: "0.1.135",
};
const AUTH: Package = Package {
    name: "@convex-dev/auth",
    version: "0.0.95",
};
const ENTS: Package = Package {
    name: "convex-ents",
    version: "0.20.0",
};

const ZOD: Package = Package {
    name: "zod",
    version: "4",
};

const WORKPOOL: Package = Package {
    name: "@convex-dev/workpool",
    version: "0.4.16",
};
const WORKFLOW: Package = Package {
    name: "@convex-dev/workflow",
    version: "0.4.8",
};
const MIGRATIONS: Package = Package {
    name: "@convex-dev/migrations",
    version: "0.3.6",
};
const RATE_LIMITER: Package = Package {
    name: "@convex-dev/rate-limiter",
    version: "0.4.0",
};

const AGENT: Package = Package {
    name: "@convex-dev/agent",
    version: "0.6.4",
};
const BETTER_AUTH: Package = Package {
    name: "@convex-dev/better-auth",
    version: "0.12.5",
};
const POLAR: Package = Package {
    name: "@convex-dev/polar",
    version: "0.9.2",
};
const R2: Package = Package {
    name: "@convex-dev/r2",
    version: "0.10.2",
};
const PROSEMIRROR_SYNC: Package = Package {
    name: "@convex-dev/prosemirror-sync",
    version: "0.2.6",
};

const RAG: Package = Package {
    name: "@convex-dev/rag",
    version: "0.7.6",
};
const RESEND: Package = Package {
    name: "@convex-dev/resend",
    version: "0.2.8",
};
const ACTION_RETRIER: Package = Package {
    name: "@convex-dev/action-retrier",
    version: "0.3.1",
};
const WORKOS_AUTHKIT: Package = Package {
    name: "@convex-dev/workos-authkit",
    version: "0.2.9",
};
const AUTUMN: Package = Package {
    name: "@useautumn/convex",
    version: "0.0.23",
};

const OWN: [Standin; 6] = [
    VALUES,
    SERVER,
    GENERATED_SERVER,
    GENERATED_API,
    Standin::ASYNC_HOOKS,
    Standin::EMPTY,
];

const OF_PACKAGES: &[Standin] = &[
    of_package!(&[HELPERS], "convex-helpers", "convex-helpers/index.js"),
    of_package!(
        &[HELPERS],
        "convex-helpers/validators",
        "convex-helpers/validators.js"
    ),
    of_package!(
        &[HELPERS],
        "convex-helpers/server",
        "convex-helpers/server.js"
    ),
    of_package!(
        &[HELPERS],
        "convex-helpers/server/customFunctions",
        "convex-helpers/custom-functions.js"
    ),
    of_package!(
        &[HELPERS],
        "convex-helpers/server/crud",
        "convex-helpers/crud.js"
    ),
    of_package!(
        &[HELPERS],
        "convex-helpers/server/sessions",
        "convex-helpers/sessions.js"
    ),
    of_package!(
        &[HELPERS],
        "convex-helpers/server/migrations",
        "convex-helpers/migrations.js"
    ),
    of_package!(
        &[HELPERS],
        "convex-helpers/server/rateLimit",
        "convex-helpers/rate-limit.js"
    ),
    of_package!(
        &[HELPERS],
        "convex-helpers/server/retries",
        "convex-helpers/retries.js"
    ),
    of_package!(
        &[HELPERS, ZOD],
        "convex-helpers/server/zod",
        "convex-helpers/zod.js",
        "convex-helpers/zod3.js"
    ),
    of_package!(
        &[HELPERS, ZOD],
        "convex-helpers/server/zod3",
        "convex-helpers/zod.js",
        "convex-helpers/zod3.js"
    ),
    of_package!(
        &[HELPERS, ZOD],
        "convex-helpers/server/zod4",
        "convex-helpers/zod.js",
        "convex-helpers/zod4.js"
    ),
    // Most schemas of zod are not made validators: alone it is no loss.
    of_package!(&[], "zod", "zod.js"),
    of_package!(&[], "zod/v3", "zod.js"),
    of_package!(&[], "zod/v4", "zod.js"),
    of_package!(
        &[WORKPOOL],
        "@convex-dev/workpool",
        "components/workpool.js"
    ),
    of_package!(
        &[WORKFLOW],
        "@convex-dev/workflow",
        "components/workflow.js"
    ),
    of_package!(
        &[MIGRATIONS],
        "@convex-dev/migrations",
        "components/migrations.js"
    ),
    of_package!(
        &[RATE_LIMITER],
        "@convex-dev/rate-limiter",
        "components/rate-limiter.js"
    ),
    of_package!(&[AGENT], "@convex-dev/agent", "components/agent.js"),
    of_package!(
        &[AGENT],
        "@convex-dev/agent/validators",
        "components/agent.js"
    ),
    of_package!(
        &[BETTER_AUTH],
        "@convex-dev/better-auth",
        "components/better-auth.js"
    ),
    of_package!(&[POLAR], "@convex-dev/polar", "components/polar.js"),
    of_package!(&[R2], "@convex-dev/r2", "components/r2.js"),
    of_package!(
        &[PROSEMIRROR_SYNC],
        "@convex-dev/prosemirror-sync",
        "components/prosemirror-sync.js"
    ),
    of_package!(&[RAG], "@convex-dev/rag", "components/rag.js"),
    of_package!(&[RESEND], "@convex-dev/resend", "components/resend.js"),
    of_package!(
        &[ACTION_RETRIER],
        "@convex-dev/action-retrier",
        "components/action-retrier.js"
    ),
    of_package!(
        &[WORKOS_AUTHKIT],
        "@convex-dev/workos-authkit",
        "components/workos-authkit.js"
    ),
    of_package!(&[AUTUMN], "@useautumn/convex", "components/autumn.js"),
    // What these have is the same in every version.
    of_package!(&[], "@convex-dev/geospatial", "components/geospatial.js"),
    of_package!(
        &[],
        "@convex-dev/persistent-text-streaming",
        "components/ids.js"
    ),
    of_package!(&[AUTH], "@convex-dev/auth/server", "convex-auth.js"),
    of_package!(&[ENTS], "convex-ents", "convex-ents.js"),
];

impl Standin {
    /// For a specifier that leads nowhere.
    pub(crate) fn of_specifier(specifier: &str) -> Option<Self> {
        // Older versions of packages are also imported with the ending.
        let name = specifier.strip_suffix(".js").unwrap_or(specifier);
        let mut all = [VALUES, SERVER]
            .into_iter()
            .chain(OF_PACKAGES.iter().copied());
        all.find(|standin| standin.name == name)
            .or_else(|| Self::of_generated(specifier))
    }

    /// What this imports of the packages that it stands for itself, for which the
    /// project may have something else.
    pub(crate) fn of_its_own(self, specifier: &str) -> Option<Self> {
        let of_convex = self.name.starts_with("convex/") && is_in("convex", specifier);
        let mut packages = self.packages.into_iter().flatten();
        let is_own = of_convex || packages.any(|package| package.has(specifier));
        is_own.then(|| Self::of_specifier(specifier)).flatten()
    }

    /// For a path into a `_generated` folder, which codegen writes.
    pub(crate) fn of_generated(path: &str) -> Option<Self> {
        let (folder, file) = path.rsplit_once('/')?;
        if folder != "_generated" && !folder.ends_with("/_generated") {
            return None;
        }
        match file.split('.').next()? {
            "server" => Some(GENERATED_SERVER),
            "api" => Some(GENERATED_API),
            "dataModel" => Some(Self::EMPTY),
            _ => None,
        }
    }

    pub(crate) fn source(self) -> &'static str {
        self.source
    }

    /// The specifier, where this stands for a package, and the packages that a
    /// reading with it is not exact without.
    pub(crate) fn of_package(self) -> Option<(&'static str, &'static [Package])> {
        self.packages.map(|packages| (self.name, packages))
    }
}

impl fmt::Display for Standin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standin:{}", self.name)
    }
}

impl FromStr for Standin {
    type Err = ();

    fn from_str(id: &str) -> Result<Self, ()> {
        let name = id.strip_prefix("standin:").ok_or(())?;
        let mut all = OWN.iter().chain(OF_PACKAGES);
        all.find(|standin| standin.name == name).copied().ok_or(())
    }
}
