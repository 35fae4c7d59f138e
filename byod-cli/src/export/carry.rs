//! Which of main's functions can run on users' deployments as they are written,
//! and what has to come with them.
//!
//! A function is carried over with everything it uses, statement by statement.
//! Who calls is the one thing that differs: main looks the user up, a user's
//! deployment is told the owner. So what a function learns of its caller must be
//! the owner's id and nothing else; that it is the owner's id shows where main
//! puts it into a document's owner field or compares it with one.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, Manifest};

use super::module::is_taken;
use super::validators::is_foreign;
use crate::source::{Access, Caller, Imported, Module, Sources, Target};

/// Globals that mean nothing, or something else, on another deployment.
const GLOBALS: [(&str, &str); 4] = [
    (
        "process",
        "reads `process.env`, which users' deployments don't have",
    ),
    ("require", "calls `require`"),
    ("Buffer", "uses `Buffer`, which needs Node"),
    ("__dirname", "uses `__dirname`"),
];

/// Who main asks for the caller, wherever it is asked from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// Members that builders add to `ctx`.
    Context,
    /// A function of a module: its module and name.
    Helper(String, String),
    /// A function of a package: its specifier and name.
    Package(String, String),
    /// A Convex function.
    Function(FunctionPath),
}

/// What has to be there for a function to run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Need {
    /// Module and number of the statement.
    pub(crate) statements: BTreeSet<(String, usize)>,
    /// Convex functions among them.
    pub(crate) functions: BTreeSet<FunctionPath>,
    /// What is replaced by something that answers with the owner.
    pub(crate) stubs: BTreeSet<Source>,
    /// Members that builders add to `ctx`.
    pub(crate) context: BTreeSet<Vec<String>>,
}

impl Need {
    pub(crate) fn add(&mut self, other: Need) {
        self.statements.extend(other.statements);
        self.functions.extend(other.functions);
        self.stubs.extend(other.stubs);
        self.context.extend(other.context);
    }
}

/// Judges main's functions.
pub(crate) struct Carrier<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) manifest: &'a Manifest,
    /// What is known to be the owner's id: the members that are read of it.
    owners: BTreeMap<Source, BTreeSet<Vec<String>>>,
}

type Reason = String;

impl<'a> Carrier<'a> {
    pub(crate) fn new(sources: &'a Sources, manifest: &'a Manifest) -> Self {
        let mut carrier = Self {
            sources,
            manifest,
            owners: BTreeMap::new(),
        };
        for module in sources.modules.values() {
            for statement in &module.statements {
                for access in statement.facts.access.iter().filter(|a| a.is_owner) {
                    if let Some(source) = carrier.source(module, &access.caller) {
                        let known = carrier.owners.entry(source).or_default();
                        known.insert(access.path.clone());
                    }
                }
            }
        }
        carrier
    }

    /// What the function needs, or why it can't be carried over.
    pub(crate) fn function(&self, path: &FunctionPath) -> Result<Need, Reason> {
        let mut need = Need::default();
        self.add_function(path, &mut need)?;
        Ok(need)
    }

    /// The members of the caller that a stub answers with; none for the id itself.
    pub(crate) fn shape(&self, source: &Source) -> BTreeSet<Vec<String>> {
        let known = self.owners.get(source).cloned().unwrap_or_default();
        let members: BTreeSet<_> = known.iter().filter(|p| !p.is_empty()).cloned().collect();
        if members.is_empty() { known } else { members }
    }

    fn add_function(&self, path: &FunctionPath, need: &mut Need) -> Result<(), Reason> {
        let Some(function) = self.manifest.main.functions.get(path) else {
            return Err("could not be read".to_owned());
        };
        if let Some(reason) = is_taken(&path.module) {
            return Err(reason);
        }
        let Some(args) = function.args.as_object() else {
            return Err("declares no `args`".to_owned());
        };
        let Some((module, index)) = self.sources.function(path) else {
            return Err(
                "is not written as `export const name = builder({ args, handler })`, or as a default export of that form".to_owned(),
            );
        };
        if !need.functions.insert(path.clone()) {
            return Ok(());
        }
        if let Some(definition) = &module.statements[index].definition
            && !self.is_convex_builder(module, &definition.builder)
        {
            let builder = &definition.builder;
            if builder.to_lowercase().contains("admin") {
                return Err(format!("is made by `{builder}`, for admins"));
            }
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
        }
        self.add_statement(module, index, need)
    }

    fn is_convex_builder(&self, module: &Module, builder: &str) -> bool {
        module.import_of(builder).is_some_and(|(import, _)| {
            match self.sources.resolve(&module.name, &import.specifier) {
                Target::Generated(file) => file == "server",
                Target::Package(package) => package == "convex/server",
                Target::Module(_) => false,
            }
        })
    }

    /// The builders of main's own that the carried functions are made by.
    pub(crate) fn own_builders(&self, need: &Need) -> BTreeSet<String> {
        let functions = need.functions.iter();
        functions
            .filter_map(|path| {
                let (module, index) = self.sources.function(path)?;
                let builder = &module.statements[index].definition.as_ref()?.builder;
                (!self.is_convex_builder(module, builder)).then(|| builder.clone())
            })
            .collect()
    }

    fn add_statement(&self, module: &Module, index: usize, need: &mut Need) -> Result<(), Reason> {
        if !need.statements.insert((module.name.clone(), index)) {
            return Ok(());
        }
        let statement = &module.statements[index];
        let facts = &statement.facts;
        if module.use_node {
            return Err("is in a module that says \"use node\"".to_owned());
        }
        if let Some(problem) = facts.problems.first() {
            return Err(problem.clone());
        }
        for (global, reason) in GLOBALS {
            if facts.globals.contains(global) {
                return Err(reason.to_owned());
            }
        }
        let tables = &self.manifest.user_tables;
        let foreign = |table: &&String| {
            self.manifest.main.schema.table(table).is_some() && is_foreign(table, tables)
        };
        if let Some(table) = facts.tables.iter().find(foreign) {
            return Err(format!("uses main's table `{table}`"));
        }
        for access in &facts.access {
            self.check_access(access, need)?;
        }
        for function in &facts.functions {
            let caller = Caller::Function(function.path.clone());
            self.add_called(module, &caller, &facts.access, need, |need| {
                self.add_function(&function.path, need)
                    .map_err(|reason| format!("calls `{}`, which {reason}", function.path))
            })?;
        }
        let builder = statement.definition.as_ref().map(|d| d.builder.as_str());
        for name in &facts.names {
            if Some(name.as_str()) == builder {
                continue;
            }
            let caller = Caller::Helper(name.clone());
            self.add_called(module, &caller, &facts.access, need, |need| {
                self.add_name(module, name, need)
            })?;
        }
        Ok(())
    }

    /// Adds what `add` finds; where that fails, and the name is asked for the
    /// owner's id alone, something that answers with it.
    fn add_called(
        &self,
        module: &Module,
        caller: &Caller,
        access: &[Access],
        need: &mut Need,
        add: impl Fn(&mut Need) -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        let mut all = need.clone();
        let Err(reason) = add(&mut all) else {
            *need = all;
            return Ok(());
        };
        let asked: Vec<&Access> = access.iter().filter(|a| a.caller == *caller).collect();
        if asked.is_empty() {
            return Err(reason);
        }
        let Some(source) = self.source(module, caller) else {
            return Err(reason);
        };
        let shape = self.shape(&source);
        if shape.is_empty() {
            return Err(reason);
        }
        let wrong = asked
            .iter()
            .find(|a| !a.is_null_test && !shape.contains(&a.path));
        if let Some(wrong) = wrong {
            let name = match caller {
                Caller::Helper(name) => name.clone(),
                Caller::Function(path) => path.to_string(),
                _ => String::new(),
            };
            return Err(match wrong.path.join(".") {
                path if path.is_empty() => {
                    format!("passes on what `{name}` gives, which {reason}")
                }
                path => format!("needs `{path}` of what `{name}` gives, which {reason}"),
            });
        }
        need.stubs.insert(source);
        Ok(())
    }

    fn check_access(&self, access: &Access, need: &mut Need) -> Result<(), Reason> {
        if access.is_null_test && access.caller == Caller::Identity {
            return Ok(());
        }
        let path = access.path.join(".");
        match access.caller {
            Caller::Identity if access.path == ["subject"] => Ok(()),
            Caller::Identity if path.is_empty() => {
                Err("passes the caller's identity on; only the subject is known".to_owned())
            }
            Caller::Identity => Err(format!(
                "needs `{path}` of the caller's identity; only the subject is known"
            )),
            Caller::Context => {
                let known = self.owners.get(&Source::Context);
                if known.is_some_and(|known| known.contains(&access.path)) {
                    need.context.insert(access.path.clone());
                    Ok(())
                } else {
                    Err(format!("uses `ctx.{path}`, which main's builder adds"))
                }
            }
            Caller::Helper(_) | Caller::Function(_) => Ok(()),
        }
    }

    fn add_name(&self, module: &Module, name: &str, need: &mut Need) -> Result<(), Reason> {
        if let Some(index) = module.statement_of(name) {
            return self.add_statement(module, index, need);
        }
        let Some((import, imported)) = module.import_of(name) else {
            return Ok(());
        };
        let specifier = &import.specifier;
        match self.sources.resolve(&module.name, specifier) {
            Target::Generated(file) if file == "server" => match &imported.imported {
                Imported::Name(name) if is_server_type(name) => Ok(()),
                _ => Err(format!("uses `{name}` of `_generated/server`")),
            },
            Target::Generated(file) if file == "api" && !matches!(name, "api" | "internal") => {
                Err(format!("uses `{name}` of `_generated/api`"))
            }
            Target::Generated(_) => Ok(()),
            Target::Package(package) if matches!(&*package, "convex/server" | "convex/values") => {
                Ok(())
            }
            Target::Package(package) => Err(format!("imports `{name}` of `{package}`")),
            Target::Module(target) => {
                // Here too, with the users' tables.
                if target == "schema" && imported.imported == Imported::Default {
                    return Ok(());
                }
                let Some(imported) = imported.imported.name() else {
                    return Err(format!("imports all of `{specifier}` as `{name}`"));
                };
                let origin = self.sources.origin(&target, imported);
                let found = origin.and_then(|(module, name)| {
                    let module = self.sources.modules.get(&module)?;
                    Some((module, module.statement_of(&name)?))
                });
                let Some((module, index)) = found else {
                    return Err(format!(
                        "imports `{name}`, which is not found in `{specifier}`"
                    ));
                };
                self.add_statement(module, index, need)
                    .map_err(|reason| via(name, reason))
            }
        }
    }

    fn source(&self, module: &Module, caller: &Caller) -> Option<Source> {
        match caller {
            Caller::Identity => None,
            Caller::Context => Some(Source::Context),
            Caller::Function(path) => Some(Source::Function(path.clone())),
            Caller::Helper(name) => {
                if module.statement_of(name).is_some() {
                    return Some(Source::Helper(module.name.clone(), name.clone()));
                }
                let (import, imported) = module.import_of(name)?;
                let imported = imported.imported.name()?;
                match self.sources.resolve(&module.name, &import.specifier) {
                    Target::Module(target) => {
                        let (module, name) = self.sources.origin(&target, imported)?;
                        Some(Source::Helper(module, name))
                    }
                    Target::Package(package) => Some(Source::Package(package, imported.to_owned())),
                    Target::Generated(_) => None,
                }
            }
        }
    }
}

/// Where a reason lies deep, the last name on the way says enough.
fn via(name: &str, reason: Reason) -> Reason {
    if reason.starts_with("uses `") && reason.contains(", which ") || reason.contains(" (in `") {
        reason
    } else {
        format!("{reason} (in `{name}`)")
    }
}

pub(crate) fn is_server_type(name: &str) -> bool {
    matches!(
        name,
        "QueryCtx" | "MutationCtx" | "ActionCtx" | "DatabaseReader" | "DatabaseWriter"
    )
}
