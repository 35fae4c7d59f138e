//! A project's functions, each with what it does.

use std::fmt;

use byod_schema::{Function, FunctionPath, table_of_module};

use super::{claim, credentials, crud, history, mirror, moving, ping};
use crate::functions::claim::Claims;
use crate::functions::{Body, Entry, Functions, Project, missing};

/// Whose deployment it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    Main,
    User,
}

/// What a deployment's functions do, whichever its project has.
pub(crate) struct Assembly {
    pub(crate) role: Role,
    /// What `functions:ping` of a user's deployment gives.
    pub(crate) schema_version: f64,
    /// Whether a user's deployment has `functions:ping`.
    pub(crate) has_ping: bool,
    pub(crate) claims: Claims,
    pub(crate) closures: Vec<(FunctionPath, Body)>,
}

impl Assembly {
    /// Every function with what it does: a closure, else what this crate does by
    /// itself, else an error that says what to register. The project has what is built
    /// in, too, from then on.
    pub(crate) fn functions(&self, project: &mut Project) -> Functions {
        let mut functions = Functions::default();
        let built_in = match self.role {
            Role::Main => {
                let mut entries = credentials::functions(project);
                entries.extend(history::functions(project));
                entries.extend(mirror::of_main(project));
                entries.extend(moving::functions(project, self.claims));
                entries
            }
            Role::User => {
                let mut entries = claim::functions(project, self.claims);
                if self.has_ping {
                    entries.push(ping::function(project, self.schema_version));
                }
                entries.extend(mirror::of_user(project));
                entries.extend(moving::functions(project, self.claims));
                entries
            }
        };
        for entry in &built_in {
            let declared = entry.declared.clone();
            project.functions.insert(entry.path.clone(), declared);
        }
        for (path, declared) in &project.functions {
            let table = project.schema.table(table_of_module(&path.module));
            let body = table
                .and_then(|table| crud::body(path, declared, table, project))
                .unwrap_or_else(|| missing(path));
            functions.add(self.entry(path, declared, body, project));
        }
        for entry in built_in {
            functions.add(entry);
        }
        for (path, body) in &self.closures {
            if let Some(declared) = project.functions.get(path) {
                functions.add(self.entry(path, declared, body.clone(), project));
            }
        }
        functions
    }

    fn entry(
        &self,
        path: &FunctionPath,
        declared: &Function,
        body: Body,
        project: &Project,
    ) -> Entry {
        Entry {
            path: path.clone(),
            declared: declared.clone(),
            body,
            keyed: project.keyed.get(path).cloned(),
            claimed: self.claimed(declared, project),
        }
    }

    /// The argument that says who calls, of a function that only the user may call
    /// whose deployment it is.
    fn claimed(&self, declared: &Function, project: &Project) -> Option<String> {
        let owner = &project.owner;
        let takes_it = || declared.args.as_object()?.get(owner);
        (self.role == Role::User && self.claims == Claims::Kept && takes_it().is_some())
            .then(|| owner.clone())
    }
}

/// Shows no closures.
impl fmt::Debug for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembly")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
