//! Where a function of main runs, by all that a manifest says.

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
            let table = path.module.rsplit('/').next().unwrap_or(&path.module);
            return if self.location(table) == Some(Location::User) {
                Runs::User
            } else {
                Runs::Main
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

    /// What is known of a function, where the tool has judged it.
    pub fn placement(&self, path: &FunctionPath) -> Option<&Placement> {
        self.placements.as_ref()?.functions.get(path)
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
