//! Both projects, and what `byod.toml` says.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::function::{Function, FunctionPath};
use crate::ownership::Ownership;
use crate::schema::Schema;

use super::location::Location;
use super::mirror::Mirror;
use super::moves::Moves;
use super::placement::{Placements, Stated};

/// What the runtime fills into an argument that only the user's deployment takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Injection {
    /// The user's subject at the auth provider, a string.
    Subject,
    /// The present time, float64 milliseconds since 1970; one reading per call.
    Now,
    /// In mutations that are to run once: the function's path, a space, and the key
    /// that the caller gave the call. Left out where the caller gave none.
    IdempotencyKey,
}

/// What the build script found and the macros check against: both projects, the
/// table locations, and the injected arguments.
///
/// ```
/// # extern crate byod_schema as byod_runtime;
/// use byod_runtime::{Location, Manifest};
///
/// /// The tables that users may have on their own deployments.
/// fn of_users(manifest: &Manifest) -> Vec<&str> {
///     let tables = manifest.tables().filter(|(_, location)| *location == Location::User);
///     tables.map(|(table, _)| table).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The version of this format; see [`Manifest::FORMAT`].
    pub format: u32,
    /// The service's own Convex project.
    pub main: Project,
    /// The project that each user's own deployment runs, where one is named.
    pub user: Option<Project>,
    /// The tables that live on the user's deployment. All others are on main.
    pub user_tables: BTreeSet<String>,
    /// Arguments that only the user's deployment takes.
    pub inject: BTreeMap<String, Injection>,
    /// Who uses a user's deployment, and whose its documents are.
    #[serde(default, skip_serializing_if = "Ownership::is_default")]
    pub ownership: Ownership,
    /// Of which of main's tables users' deployments have copies.
    #[serde(default, skip_serializing_if = "Mirror::is_default")]
    pub mirror: Mirror,
    /// Where users' data moves between main and their deployments, how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<Moves>,
    /// What `byod.toml` says of single functions and modules.
    #[serde(default, skip_serializing_if = "Stated::is_default")]
    pub stated: Stated,
    /// Where each of main's functions runs, where the tool has judged them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placements: Option<Placements>,
}

impl Manifest {
    /// The format that this version writes and reads.
    pub const FORMAT: u32 = 1;

    /// Where a table lives; `None` if main's schema has no such table.
    pub fn location(&self, table: &str) -> Option<Location> {
        self.main.schema.table(table)?;
        Some(if self.user_tables.contains(table) {
            Location::User
        } else {
            Location::Main
        })
    }

    /// Every table of main's schema with its location.
    pub fn tables(&self) -> impl Iterator<Item = (&str, Location)> {
        self.main.schema.table_names().map(|name| {
            let user = self.user_tables.contains(name);
            (name, if user { Location::User } else { Location::Main })
        })
    }
}

/// One Convex project as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// The Convex folder, as `byod.toml` names it.
    pub convex: String,
    /// The tables.
    pub schema: Schema,
    /// Every function that could be read, by its path.
    pub functions: BTreeMap<FunctionPath, Function>,
    /// What could not be read, and why: one line each.
    pub warnings: Vec<String>,
    /// Which version of the schema and the functions it is, as `byod export` counts them;
    /// `None` of a project that it didn't write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<u64>,
}
