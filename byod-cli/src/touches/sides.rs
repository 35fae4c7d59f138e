//! On whose side each function is, by the tables that it touches, and which of them users'
//! deployments are to have.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use byod_schema::{FunctionPath, Location, Manifest, Side, Visibility, table_of_module};

use super::analysis::{Analysis, Touches};
use super::asking::{self, Asking};
use crate::source::Sources;

/// What every public function of main touches, and every internal one that those call or
/// schedule, or actions that ask for users' data where that is.
pub(crate) struct Sides<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) functions: BTreeMap<FunctionPath, Judged>,
}

/// What one function touches.
pub(crate) struct Judged {
    /// By itself.
    pub(crate) direct: Rc<Touches>,
    /// With all that it calls or schedules.
    pub(crate) total: Touches,
    pub(crate) side: Side,
    /// How it asks others, if it is an action.
    pub(crate) asking: Option<Asking>,
    /// It shows what several users have, as far as that is on main.
    pub(crate) is_across_users: bool,
}

impl Judged {
    /// Whether it stays on main, and what it asks for goes where the caller's data is.
    pub(crate) fn is_routed(&self) -> bool {
        self.asking == Some(Asking::Routed)
    }
}

impl<'a> Sides<'a> {
    pub(crate) fn new(sources: &Sources, manifest: &'a Manifest) -> Self {
        let analysis = Analysis::new(sources, manifest);
        let public = manifest.main.functions.iter();
        let public = public.filter(|(_, function)| function.visibility == Visibility::Public);
        let mut functions = BTreeMap::new();
        let mut todo: BTreeSet<FunctionPath> = public.map(|(path, _)| path.clone()).collect();
        todo.extend(
            asking::taking_caller(sources, manifest)
                .into_iter()
                .cloned(),
        );
        let known = |path: &FunctionPath| manifest.main.functions.contains_key(path);
        for (_, asked) in asking::http_actions(sources)
            .into_iter()
            .filter(|(asking, _)| *asking == Asking::Routed)
        {
            todo.extend(asked.into_iter().filter(known));
        }
        while let Some(path) = todo.pop_first() {
            let total = analysis.total(&path);
            let known = |f: &&FunctionPath| manifest.main.functions.contains_key(*f);
            let new = total.functions.iter().filter(known);
            todo.extend(new.filter(|f| !functions.contains_key(*f)).cloned());
            let judged = Judged {
                direct: analysis.function(&path),
                side: side(manifest, &total),
                is_across_users: !manifest.stated.modules.contains_key(&path.module)
                    && analysis.is_across_users(&path, &total),
                total,
                asking: asking::asking(sources, manifest, &path),
            };
            functions.insert(path, judged);
        }
        Self {
            manifest,
            functions,
        }
    }

    /// The functions that are to be on users' deployments: those that touch users' tables,
    /// those of modules that are named after one, and what `byod.toml` says. Actions that
    /// ask for users' data where that is stay on main.
    pub(crate) fn wanted(&self) -> BTreeSet<FunctionPath> {
        let stated = &self.manifest.stated;
        let is_wanted = |(path, judged): &(&FunctionPath, &Judged)| {
            let is_left_out = stated.skip.contains(*path)
                || stated.main_only.contains(*path)
                || stated.across_users.contains(*path)
                || judged.is_across_users;
            let stays = judged.is_routed() && !stated.modules.contains_key(&path.module);
            !is_left_out && !stays && (self.is_of_users(path) || self.touches_users(judged))
        };
        let wanted = self.functions.iter().filter(is_wanted);
        wanted.map(|(path, _)| path.clone()).collect()
    }

    /// Whether the function's module says that it is one of the users' tables: by its name,
    /// or in `byod.toml`.
    pub(crate) fn is_of_users(&self, path: &FunctionPath) -> bool {
        match self.manifest.stated.modules.get(&path.module) {
            Some(location) => *location == Location::User,
            None => is_named_after(self.manifest, &path.module),
        }
    }

    /// The components that functions use which run on main for everybody, each with one of
    /// those functions.
    pub(crate) fn components_on_main(&self) -> BTreeMap<String, FunctionPath> {
        let stated = &self.manifest.stated;
        let mut found = BTreeMap::new();
        for (path, judged) in &self.functions {
            let is_public = self.manifest.main.functions.get(path);
            let is_public = is_public.is_some_and(|f| f.visibility == Visibility::Public);
            let is_elsewhere = self.is_of_users(path)
                || self.touches_users(judged)
                || stated.skip.contains(path)
                || stated.main_only.contains(path)
                || stated.across_users.contains(path);
            if is_public && !is_elsewhere {
                for component in &judged.total.components {
                    found
                        .entry(component.clone())
                        .or_insert_with(|| path.clone());
                }
            }
        }
        found
    }

    pub(crate) fn touches_users(&self, judged: &Judged) -> bool {
        judged
            .total
            .tables()
            .iter()
            .any(|table| self.manifest.user_tables.contains(*table))
    }
}

/// Whether a module is named after a table of the users.
fn is_named_after(manifest: &Manifest, module: &str) -> bool {
    manifest.location(table_of_module(module)) == Some(Location::User)
}

fn side(manifest: &Manifest, touches: &Touches) -> Side {
    if !touches.obscure.is_empty() {
        return Side::Unknown;
    }
    let tables = touches.tables();
    let of_users = |table: &&&str| manifest.user_tables.contains(**table);
    match tables.iter().filter(of_users).count() {
        0 => Side::Main,
        users if users == tables.len() => Side::User,
        _ => Side::Mixed,
    }
}
