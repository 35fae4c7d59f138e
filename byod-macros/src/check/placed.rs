//! What routing must know of one of main's functions.

use byod_schema::{
    Function, FunctionPath, FunctionType, Injection, Location, Manifest, Runs, Visibility,
};

/// A public function of main, and where it runs.
pub(crate) struct Placed {
    pub(crate) path: FunctionPath,
    pub(crate) function_type: FunctionType,
    /// The table that it is called for, or its module.
    pub(crate) table: String,
    /// The users' tables whose rollout counts.
    pub(crate) switches: Vec<String>,
    pub(crate) runs: Runs,
    /// It runs on main without what connected users have elsewhere.
    pub(crate) sees_no_connected: bool,
    /// It runs on main, and asks for users' data where that is.
    pub(crate) asks_users: bool,
    pub(crate) inject: Vec<(String, Injection)>,
    /// The tables of main of which it reads copies on the user's deployment, or on main
    /// writes what those are of.
    pub(crate) mirror: Vec<String>,
    /// It may leave rows there that are to be applied on main.
    pub(crate) outbox: bool,
}

impl Placed {
    /// Called for that table, or by itself.
    pub(crate) fn new(
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
        Self {
            path: path.clone(),
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
    pub(crate) fn seen_from(&self) -> Location {
        match self.runs {
            Runs::Main if !self.asks_users => Location::Main,
            Runs::Main | Runs::User | Runs::Refused { .. } => Location::User,
        }
    }
}

/// Every public function of main, in the order of their paths.
pub(crate) fn all_placed(manifest: &Manifest) -> impl Iterator<Item = Placed> {
    public(manifest).map(|(path, function)| Placed::new(manifest, path, function, None))
}

/// Main's public functions.
pub(super) fn public(manifest: &Manifest) -> impl Iterator<Item = (&FunctionPath, &Function)> {
    let functions = manifest.main.functions.iter();
    functions.filter(|(_, function)| function.visibility == Visibility::Public)
}
