//! What functions of packages do with a context or a database that they are given.

use std::collections::BTreeSet;

use crate::source::Use;

/// What a package's function touches.
pub(super) enum Packaged {
    /// No table of the project.
    Nothing,
    /// These tables, and no others.
    Tables {
        writes: bool,
        tables: BTreeSet<String>,
    },
    /// The tables of the ids that it is given in that place.
    Ids(usize),
    /// The table that the field of the first named table has ids of.
    Via,
    /// It doesn't show.
    Unknown,
}

/// Packages that touch nothing but what the project's own code asks of them.
const HARMLESS: [&str; 12] = [
    "convex/server",
    "convex/values",
    "convex-helpers",
    "convex-helpers/server",
    "convex-helpers/server/customFunctions",
    "convex-helpers/server/filter",
    "convex-helpers/server/pagination",
    "convex-helpers/server/rowLevelSecurity",
    "convex-helpers/server/stream",
    "convex-helpers/server/triggers",
    "convex-helpers/server/zod",
    "convex-helpers/server/zod4",
];

/// What the function `name` of `package` touches; `tables` are all of the project's.
pub(super) fn touched(
    package: &str,
    name: Option<&str>,
    used: &Use,
    tables: &BTreeSet<&str>,
) -> Packaged {
    let name = name.or(used.member.as_deref()).unwrap_or_default();
    let named = || -> BTreeSet<String> {
        let texts = used.texts.iter();
        texts
            .filter(|t| tables.contains(t.as_str()))
            .cloned()
            .collect()
    };
    if package.starts_with("@convex-dev/auth") {
        if matches!(name, "getAuthUserId" | "getAuthSessionId") {
            return Packaged::Nothing;
        }
        let of_auth = |table: &&&str| table.starts_with("auth") || **table == "users";
        return Packaged::Tables {
            writes: true,
            tables: tables
                .iter()
                .filter(of_auth)
                .map(|t| (*t).to_owned())
                .collect(),
        };
    }
    match package {
        "convex-helpers/server/relationships" => match name {
            "getManyVia" | "getManyViaOrThrow" => Packaged::Via,
            "getAll" | "getAllOrThrow" | "getOrThrow" if named().is_empty() => Packaged::Ids(1),
            _ if named().is_empty() => Packaged::Unknown,
            _ => Packaged::Tables {
                writes: false,
                tables: named(),
            },
        },
        "convex-helpers/server/crud" => Packaged::Tables {
            writes: true,
            tables: named(),
        },
        _ if HARMLESS.contains(&package) => Packaged::Nothing,
        // Components have tables of their own and reach no others.
        _ if package.starts_with("@convex-dev/") => Packaged::Nothing,
        _ => Packaged::Unknown,
    }
}

/// Whether functions that the package makes touch nothing but what the project's code in
/// them asks for.
pub(super) fn is_plain_builder(package: &str) -> bool {
    HARMLESS.contains(&package) || package.starts_with("@convex-dev/")
}
