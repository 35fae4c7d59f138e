//! What routing must know of one of main's functions.

use super::location::Location;
use super::placement::Runs;
use super::project::{Injection, Manifest};
use crate::function::{Function, FunctionPath, FunctionType, Visibility};

/// A public function of main, and where it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The function path.
    pub path: FunctionPath,
    /// Query, mutation or action.
    pub function_type: FunctionType,
    /// The table that it is called for, or its module.
    pub table: String,
    /// The users' tables whose rollout counts.
    pub switches: Vec<String>,
    /// Where it runs for a user who connected a deployment.
    pub runs: Runs,
    /// It runs on main without what connected users have elsewhere.
    pub sees_no_connected: bool,
    /// It runs on main, and asks for users' data where that is.
    pub asks_users: bool,
    /// The arguments that are filled in where the user's deployment answers.
    pub inject: Vec<(String, Injection)>,
    /// The tables of main of which it reads copies on the user's deployment, or on main
    /// writes what those are of.
    pub mirror: Vec<String>,
    /// It may leave rows there that are to be applied on main.
    pub outbox: bool,
    /// The version of the project that it is in where the user's deployment answers; 0 where
    /// that isn't known.
    pub schema_version: u64,
    /// The arguments that it takes there, but for those that are filled in.
    pub takes: Vec<String>,
}

impl Placed {
    /// Called for that table, or by itself.
    pub fn new(
        manifest: &Manifest,
        path: &FunctionPath,
        function: &Function,
        table: Option<(&str, Location)>,
    ) -> Self {
        let runs = match table {
            Some((_, location)) => manifest.runs_beside(path, location),
            None => manifest.runs(path),
        };
        let switches = match table {
            Some((table, Location::User)) => vec![table.to_owned()],
            _ => {
                let switches = manifest.switched_by(path).into_iter();
                switches.map(str::to_owned).collect()
            }
        };
        let inject = match runs {
            Runs::User => manifest.injected(path),
            Runs::Main | Runs::Refused { .. } => Vec::new(),
        };
        let around = manifest
            .placement(path)
            .filter(|_| runs.location().is_some());
        let exported = manifest.user.as_ref().and_then(|user| user.schema_version);
        let there = manifest.user.as_ref().filter(|_| runs == Runs::User);
        let there = there.and_then(|user| user.functions.get(path)?.args.as_object());
        let takes = there.map_or_else(Vec::new, |fields| {
            let names = fields.iter().map(|(name, _)| name);
            let is_filled = |name: &str| inject.iter().any(|(filled, _)| *filled == name);
            let given = names.filter(|name| !is_filled(name));
            given.map(str::to_owned).collect()
        });
        Self {
            path: path.clone(),
            takes,
            schema_version: exported.filter(|_| runs == Runs::User).unwrap_or_default(),
            mirror: around.map_or_else(Vec::new, |it| it.mirror.iter().cloned().collect()),
            outbox: around.is_some_and(|it| it.outbox),
            function_type: function.function_type,
            table: table.map_or(&*path.module, |(table, _)| table).to_owned(),
            switches,
            sees_no_connected: runs == Runs::Main && manifest.sees_no_connected(path),
            asks_users: runs == Runs::Main && manifest.asks_users(path),
            runs,
            inject: inject
                .into_iter()
                .map(|(name, injection)| (name.to_owned(), injection))
                .collect(),
        }
    }

    /// From where it sees ids: those of the other deployment's tables are strings. What is
    /// refused has the types that it will have once it is served.
    pub fn seen_from(&self) -> Location {
        match self.runs {
            Runs::Main if !self.asks_users => Location::Main,
            Runs::Main | Runs::User | Runs::Refused { .. } => Location::User,
        }
    }
}

impl Manifest {
    /// Main's public functions, in the order of their paths.
    pub fn public_functions(&self) -> impl Iterator<Item = (&FunctionPath, &Function)> {
        let functions = self.main.functions.iter();
        functions.filter(|(_, function)| function.visibility == Visibility::Public)
    }

    /// Where each of main's public functions runs, in the order of their paths.
    pub fn placed(&self) -> impl Iterator<Item = Placed> {
        let functions = self.public_functions();
        functions.map(|(path, function)| Placed::new(self, path, function, None))
    }
}
