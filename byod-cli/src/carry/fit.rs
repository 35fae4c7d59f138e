//! Which of main's functions can run on users' deployments as they are written,
//! and what has to come with them.
//!
//! A function is carried over with everything it uses, statement by statement, and
//! with everything that happens when its modules are loaded. Who calls is the one
//! thing that differs: see `caller`. What can't be followed is not carried over.

use std::collections::BTreeSet;

use byod_schema::{Fields, FunctionPath};

use super::known::{Carrier, Reason};
use super::need::Need;
use super::place::{is_own, is_taken, is_unfit};
use crate::source::{Caller, Constructor, Definition, Facts, Module, Statement};
use crate::touches::Ids;

/// Globals that mean nothing, or something else, on another deployment, and those
/// by which anything may be reached.
pub(crate) const GLOBALS: [(&str, &str); 13] = [
    (
        "process",
        "reads `process.env`, which users' deployments don't have",
    ),
    ("require", "calls `require`"),
    ("module", "uses `module`"),
    ("exports", "uses `exports`"),
    ("Buffer", "uses `Buffer`, which needs Node"),
    ("__dirname", "uses `__dirname`"),
    ("__filename", "uses `__filename`"),
    ("globalThis", "uses `globalThis`"),
    ("global", "uses `global`"),
    ("self", "uses `self`"),
    ("window", "uses `window`"),
    ("eval", "calls `eval`"),
    ("Function", "makes functions of texts"),
];

const NO_ARGS: &str = "declares no `args`: write `args: {}`, or what it takes";

impl Carrier<'_> {
    /// What the function needs, or why it can't be carried over.
    pub(crate) fn function(&self, path: &FunctionPath) -> Result<Need, Reason> {
        let mut need = Need::default();
        self.add_function(path, &mut need)?;
        self.add_loaded_again(&mut need)?;
        self.check_tables(&need)?;
        self.check_unclear(&need)?;
        self.check_leaves(&need)?;
        self.check_kept(&need)?;
        self.check_handed(&need)?;
        if let Some(reason) = need.modules().find_map(is_unfit) {
            return Err(format!("needs {reason}"));
        }
        Ok(need)
    }

    pub(super) fn add_function(&self, path: &FunctionPath, need: &mut Need) -> Result<(), Reason> {
        let Some(function) = self.manifest.main.functions.get(path) else {
            return Err("could not be read".to_owned());
        };
        if let Some(reason) = is_taken(&path.module) {
            return Err(reason);
        }
        let found = self.sources.function(path);
        let found = found.or_else(|| self.made(path));
        let takes_none = found.is_some_and(|(module, index)| {
            let definition = module.statements[index].definition.as_ref();
            definition.is_some_and(|definition| definition.without_args.is_some())
        });
        if function.args.as_object().is_none() && !takes_none {
            return Err(NO_ARGS.to_owned());
        }
        let Some((module, index)) = found else {
            return Err(
                "is not written as `export const name = builder({ args, handler })`, or as a default export of that form".to_owned(),
            );
        };
        if !need.functions.insert(path.clone()) {
            return Ok(());
        }
        self.add_statement(module, index, need)?;
        // What else the statement defines is there as well then.
        for other in self.beside(path, module, index) {
            self.add_function(other, need)
                .map_err(|reason| format!("is made with `{}`, which {reason}", other.name))?;
        }
        // Once more where all is known that is carried over.
        if need.opened.insert(path.module.clone()) {
            self.add_loaded(&path.module, need)?;
        }
        Ok(())
    }

    /// The statement that gets the function from one of the project's own, which makes it:
    /// `export const { get, list } = readers("notes")`.
    fn made(&self, path: &FunctionPath) -> Option<(&Module, usize)> {
        let (module, index) = self.sources.exported(&path.module, &path.name)?;
        let maker = module.statements[index].called.as_ref()?;
        let (there, at) = self.sources.declared(module, maker)?;
        let mut made = there.statements[at].made.iter();
        made.any(|made| self.is_convex_builder(there, &made.builder))
            .then_some((module, index))
    }

    /// The other functions that a statement defines.
    fn beside(&self, path: &FunctionPath, module: &Module, index: usize) -> Vec<&FunctionPath> {
        let statement = &module.statements[index];
        if statement.definition.is_some() {
            // That is the one.
            return Vec::new();
        }
        let is_of =
            |(at, name): (String, String)| at == module.name && statement.names.contains(&name);
        let of_module = self.manifest.main.functions.keys();
        let of_module = of_module.filter(|other| other.module == path.module && *other != path);
        let others = of_module.filter(|other| {
            let origin = self.sources.origin(&other.module, &other.name);
            origin.is_some_and(is_of)
        });
        others.collect()
    }

    /// A function is made by a builder that does nothing but tell it who calls.
    fn add_definition(
        &self,
        module: &Module,
        index: usize,
        definition: &Definition,
        need: &mut Need,
    ) -> Result<(), Reason> {
        let Some(path) = self.defined.get(&(module.name.clone(), index)) else {
            return Err("defines a function that is not exported".to_owned());
        };
        let args = &self.manifest.main.functions[path].args;
        let none = Fields::default();
        let args = match (args.as_object(), &definition.without_args) {
            (Some(args), _) => args,
            (None, Some(_)) => &none,
            (None, None) => return Err(NO_ARGS.to_owned()),
        };
        let builder = &definition.builder;
        if let Some(option) = definition.options.first() {
            return Err(format!(
                "gives its builder `{builder}` the option `{option}`, which byod's don't know"
            ));
        }
        if self.is_convex_builder(module, builder) {
            return Ok(());
        }
        self.add_builder(module, builder, need, 0)?;
        if let Some(written) = &definition.args {
            let added: Vec<_> = args
                .names()
                .filter(|name| !written.iter().any(|w| w == name))
                .map(|name| format!("`{name}`"))
                .collect();
            if !added.is_empty() {
                return Err(format!(
                    "is made by `{builder}`, which adds {}",
                    added.join(", ")
                ));
            }
        }
        Ok(())
    }

    pub(super) fn add_statement(
        &self,
        module: &Module,
        index: usize,
        need: &mut Need,
    ) -> Result<(), Reason> {
        if !need.statements.insert((module.name.clone(), index)) {
            return Ok(());
        }
        let statement = &module.statements[index];
        let facts = &statement.facts;
        if module.use_node {
            return Err("is in a module that says \"use node\"".to_owned());
        }
        if is_own(&module.name) {
            return Err(format!(
                "is in `{}.ts`, where files of byod's or of the users' project are there",
                module.name
            ));
        }
        if let Some(problem) = facts.problems.first() {
            return Err(problem.clone());
        }
        for (global, reason) in GLOBALS {
            if facts.globals.contains(global) {
                return Err(reason.to_owned());
            }
        }
        if let Some(table) = facts.tables.iter().find(|table| self.is_away(table)) {
            return Err(format!("uses main's table `{table}`"));
        }
        self.add_components(facts, need)?;
        self.check_copies(module, index, need)?;
        self.add_rows(facts, need)?;
        if let Some(definition) = &statement.definition {
            self.add_definition(module, index, definition, need)?;
        }
        self.check_reached(module, index, facts, need)?;
        self.add_lookups(module, index, need)?;
        for access in &facts.access {
            self.check_access(module, access, need)?;
        }
        for function in &facts.functions {
            let caller = Caller::Function(function.path.clone());
            let add = |need: &mut Need| {
                self.add_function(&function.path, need)
                    .map_err(|reason| format!("calls `{}`, which {reason}", function.path))
            };
            let Some(scheduled) = &function.scheduled else {
                self.add_called(module, &caller, facts, need, add)?;
                continue;
            };
            if self.is_mains_work(&function.path) || self.is_routed(&function.path) {
                let reason = format!("schedules `{}`, which stays on main", function.path);
                self.add_call(&function.path, scheduled, facts, reason, need)?;
                continue;
            }
            let mut all = need.clone();
            match self.add_called(module, &caller, facts, &mut all, add) {
                Ok(()) => *need = all,
                Err(reason) => self.add_call(&function.path, scheduled, facts, reason, need)?,
            }
        }
        let builders = self.builders(module, statement)?;
        for name in &facts.names {
            if builders.contains(name.as_str()) {
                continue;
            }
            if self.add_helper(module, name, facts, need)? {
                continue;
            }
            let caller = Caller::Helper(name.clone());
            self.add_called(module, &caller, facts, need, |need| {
                self.add_name(module, name, facts, need)
            })?;
        }
        let ids = self.ids(module, index);
        self.check_named(module, facts, &ids, need)?;
        self.check_lent(module, facts, &ids, need)?;
        self.check_passed(module, facts, need)
    }

    /// The names by which a statement's functions are made.
    fn builders<'x>(
        &'x self,
        module: &'x Module,
        statement: &'x Statement,
    ) -> Result<BTreeSet<&'x str>, Reason> {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        found.extend(statement.definition.iter().map(|d| d.builder.as_str()));
        for made in self.made_by(module, statement) {
            if let Some(option) = made.options.first() {
                return Err(format!(
                    "gives its builder `{}` the option `{option}`, which byod's don't know",
                    made.builder
                ));
            }
            found.insert(&made.builder);
        }
        Ok(found)
    }

    /// The functions that a statement's own function makes by Convex's builders.
    pub(crate) fn made_by<'x>(
        &'x self,
        module: &'x Module,
        statement: &'x Statement,
    ) -> impl Iterator<Item = &'x Definition> {
        let made = statement.made.iter();
        made.filter(|made| self.is_convex_builder(module, &made.builder))
    }

    /// Who is given the context uses it in ways that can be followed.
    fn check_passed(&self, module: &Module, facts: &Facts, need: &Need) -> Result<(), Reason> {
        for (name, place) in &facts.passed {
            let Some((there, index)) = self.sources.declared(module, name) else {
                continue;
            };
            let statement = &there.statements[index];
            let is_carried = need.statements.contains(&(there.name.clone(), index));
            let is_followed = statement.contexts.get(*place) == Some(&true);
            if is_carried && !is_followed {
                return Err(format!(
                    "passes its context on to `{name}` in a way that can't be followed: call that parameter `ctx`"
                ));
            }
        }
        for (name, place) in &facts.constructs {
            if !self.is_made_with_context(module, name, *place, 0) {
                return Err(format!(
                    "makes `{name}` with its context in a way that can't be followed: let its constructor take it as `ctx`"
                ));
            }
        }
        Ok(())
    }

    /// Whether the class follows what it is made with in that place.
    fn is_made_with_context(
        &self,
        module: &Module,
        class: &str,
        place: usize,
        depth: usize,
    ) -> bool {
        let Some((there, index)) = self.sources.declared(module, class) else {
            return false;
        };
        match &there.statements[index].constructor {
            Some(Constructor::Own(followed)) => followed.get(place) == Some(&true),
            Some(Constructor::Of(above)) => {
                depth < 16 && self.is_made_with_context(there, above, place, depth + 1)
            }
            None => false,
        }
    }

    /// What says of which tables ids are in the statement.
    pub(super) fn ids<'x>(&'x self, module: &'x Module, index: usize) -> Ids<'x> {
        let path = self.defined.get(&(module.name.clone(), index));
        Ids::new(self.sources, &self.manifest.main, module, path, Vec::new())
    }
}
