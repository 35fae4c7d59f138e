//! Where a function of main runs, by all that a manifest says.

use std::collections::BTreeSet;

use super::location::Location;
use super::placement::{Placement, Refusal, Runs};
use super::project::Manifest;
use crate::function::{FunctionPath, Visibility};

impl Manifest {
    /// Where a function of main runs for a connected user.
    ///
    /// What the tool has judged is said by [`Manifest::placements`]; a function that isn't
    /// there is refused. Where the tool has judged none, public functions of modules that
    /// are named after a table of the users run on users' deployments, and all others on
    /// main.
    pub fn runs(&self, path: &FunctionPath) -> Runs {
        let named_after = self.location(path.table_of_module());
        self.runs_beside(path, named_after.unwrap_or(Location::Main))
    }

    /// The same for a function that is called for a table, which says where it runs where
    /// the tool has judged none.
    pub fn runs_beside(&self, path: &FunctionPath, table: Location) -> Runs {
        let refused = |refusal, reason: &str| Runs::Refused {
            refusal,
            reason: reason.to_owned(),
        };
        if self.stated.skip.contains(path) {
            return refused(Refusal::Skipped, "is listed in `user.skip` of byod.toml");
        }
        if self.stated.main_only.contains(path) {
            let reason = "is listed in `user.main_only` of byod.toml";
            return refused(Refusal::MainOnly, reason);
        }
        let Some(placements) = &self.placements else {
            return match table {
                Location::User => Runs::User,
                Location::Main => Runs::Main,
            };
        };
        match placements.functions.get(path) {
            Some(placement) => placement.runs.clone(),
            None => refused(
                Refusal::NotJudged,
                "isn't in the file of the functions: run `byod export`",
            ),
        }
    }

    /// The users' tables whose rollout switches decide of a function: the one that its
    /// module is named after, or else all that it touches.
    pub fn switched_by(&self, path: &FunctionPath) -> BTreeSet<&str> {
        if let Some(table) = self.user_tables.get(path.table_of_module()) {
            return BTreeSet::from([table.as_str()]);
        }
        let touched = self.placement(path).map(Placement::touches);
        let touched = touched.into_iter().flatten();
        touched
            .filter(|table| self.user_tables.contains(*table))
            .collect()
    }

    /// What is known of a function, where the tool has judged it.
    pub fn placement(&self, path: &FunctionPath) -> Option<&Placement> {
        self.placements.as_ref()?.functions.get(path)
    }

    /// Whether a function runs on main and reads users' tables there, of which connected
    /// users have theirs elsewhere.
    pub fn sees_no_connected(&self, path: &FunctionPath) -> bool {
        self.placement(path).is_some_and(|it| it.sees_no_connected)
    }

    /// Whether a function runs on main and asks for users' data where that is, as actions
    /// do that are made for it: what it is told of users' tables is of either side.
    pub fn asks_users(&self, path: &FunctionPath) -> bool {
        self.placement(path).is_some_and(|it| {
            let touches_users = || it.touches().iter().any(|t| self.user_tables.contains(*t));
            it.runs == Runs::Main && !it.sees_no_connected && touches_users()
        })
    }

    /// The public functions of main that `[user]` in `byod.toml` names and main doesn't have.
    pub fn unknown_stated(&self) -> Vec<(&'static str, &FunctionPath)> {
        let lists = [
            ("main_only", &self.stated.main_only),
            ("skip", &self.stated.skip),
            ("across_users", &self.stated.across_users),
            ("not_served", &self.stated.not_served),
        ];
        let is_public = |path: &FunctionPath| {
            let function = self.main.functions.get(path);
            function.is_some_and(|f| f.visibility == Visibility::Public)
        };
        lists
            .into_iter()
            .flat_map(|(key, paths)| paths.iter().map(move |path| (key, path)))
            .filter(|(_, path)| !is_public(path))
            .collect()
    }
}
