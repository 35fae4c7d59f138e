//! Who calls: main looks the user up, a user's deployment is told the owner.
//!
//! So what a function learns of its caller must be the owner's id and nothing else;
//! that it is the owner's id shows where main puts it into a document's owner field or
//! compares it with one. And what is asked on main must do nothing but tell that: a
//! helper that checks more can't be replaced by one that doesn't.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::Manifest;
use oxc_span::Span;

use super::carry::{Carrier, Need, Reason, Source};
use crate::owners;
use crate::source::{
    Access, Caller, Facts, Imported, Module, Plain, Sources, Statement, Target, Telling, Wrapper,
};

/// Convex's builders; those of `convex/server` end in `Generic`.
const BUILDERS: [&str; 6] = [
    "action",
    "internalAction",
    "internalMutation",
    "internalQuery",
    "mutation",
    "query",
];

/// Functions of packages that do nothing but tell who calls.
const TELLERS: [(&str, &str); 1] = [("@convex-dev/auth/server", "getAuthUserId")];

/// The tables of main that say who is signed up: those whose ids owners are, or
/// `users`.
pub(super) fn callers(manifest: &Manifest) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let subjects: BTreeSet<&str> = owners::subjects(manifest).collect();
    for table in &manifest.main.schema.tables {
        table.document_type.visit_ids(&mut |field, of| {
            if subjects.contains(field) && !manifest.user_tables.contains(of) {
                found.insert(of.to_owned());
            }
        });
    }
    let users = manifest.main.schema.table("users");
    if found.is_empty() && users.is_some() && !manifest.user_tables.contains("users") {
        found.insert("users".to_owned());
    }
    found
}

/// The tables in which main looks its caller up by different fields: of whom a document
/// is that is found by one of them doesn't show then.
pub(super) fn unclear(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let statements = sources
        .modules
        .values()
        .flat_map(|module| &module.statements);
    for lookup in statements.flat_map(|statement| &statement.facts.lookups) {
        let known = fields.entry(lookup.table.clone()).or_default();
        known.extend(lookup.fields.iter().cloned());
    }
    fields.retain(|_, fields| fields.len() > 1);
    fields
}

impl<'a> Carrier<'a> {
    /// The members of the caller that a stub answers with; none for the id itself.
    ///
    /// Something that stands in an owner field once need not be the owner's id: where
    /// others do that are called as ids are, those count. Several others count for
    /// nothing.
    pub(crate) fn shape(&self, source: &Source) -> BTreeSet<Vec<String>> {
        let known = self.owners.get(source).cloned().unwrap_or_default();
        let members: BTreeSet<_> = known.iter().filter(|p| !p.is_empty()).cloned().collect();
        if members.is_empty() {
            return known;
        }
        let is_id = |path: &Vec<String>| {
            let last = path.last().map(String::as_str);
            last.is_some_and(|last| {
                matches!(last, "_id" | "subject")
                    || owners::subjects(self.manifest).any(|s| s == last)
            })
        };
        let ids: BTreeSet<_> = members.iter().filter(|path| is_id(path)).cloned().collect();
        match (ids.is_empty(), members.len()) {
            (false, _) => ids,
            (true, 1) => members,
            (true, _) => BTreeSet::new(),
        }
    }

    /// Adds what `add` finds; where that fails, and the name is asked for the
    /// owner's id alone, something that answers with it.
    pub(super) fn add_called(
        &self,
        module: &Module,
        caller: &Caller,
        facts: &Facts,
        need: &mut Need,
        add: impl Fn(&mut Need) -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        let mut all = need.clone();
        let Err(reason) = add(&mut all) else {
            *need = all;
            return Ok(());
        };
        let asked: Vec<&Access> = facts
            .access
            .iter()
            .filter(|a| a.caller == *caller)
            .collect();
        // What is done with the answer must be seen wherever it is asked.
        let is_all_seen = match caller {
            Caller::Helper(name) => !facts.handed.contains(name),
            Caller::Function(path) => {
                let mut all = facts.functions.iter().filter(|f| f.path == *path);
                all.all(|function| function.is_run)
            }
            _ => true,
        };
        if asked.is_empty() || !is_all_seen {
            return Err(reason);
        }
        let Some(source) = self.source(module, caller) else {
            return Err(reason);
        };
        let shape = self.shape(&source);
        if shape.is_empty() {
            return Err(reason);
        }
        let name = match caller {
            Caller::Helper(name) => name.clone(),
            Caller::Function(path) => path.to_string(),
            _ => String::new(),
        };
        self.check_telling(&source, &mut BTreeSet::new())
            .map_err(|more| format!("calls `{name}`, which {more}"))?;
        if let Some(wrong) = beyond(&shape, asked) {
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

    /// Lookups of the caller in a table of main: the owner stands in their place.
    pub(super) fn add_lookups(&self, statement: &Statement, need: &mut Need) -> Result<(), Reason> {
        let facts = &statement.facts;
        for lookup in &facts.lookups {
            let table = &lookup.table;
            if !self.is_foreign(table) {
                continue;
            }
            let caller = Caller::Lookup(table.clone());
            let asked: Vec<&Access> = facts.access.iter().filter(|a| a.caller == caller).collect();
            let source = Source::Lookup(table.clone());
            let shape = self.shape(&source);
            // Handlers know the owner; helpers get a context of whatever type main says.
            let is_handler = statement.definition.is_some();
            if !is_handler || !self.callers.contains(table) || shape.is_empty() {
                return Err(format!("uses main's table `{table}`"));
            }
            self.check_table(table)?;
            if let Some(wrong) = beyond(&shape, asked) {
                return Err(match wrong.path.join(".") {
                    path if path.is_empty() => {
                        format!("passes on the caller's document of main's table `{table}`")
                    }
                    path => format!("needs `{path}` of the caller's document in main's `{table}`"),
                });
            }
            need.stubs.insert(source);
        }
        Ok(())
    }

    /// Whether what is asked for the caller does nothing but tell who that is.
    fn check_telling(&self, source: &Source, seen: &mut BTreeSet<Source>) -> Result<(), Reason> {
        if !seen.insert(source.clone()) {
            return Ok(());
        }
        let (module, telling) = match source {
            Source::Helper(module, name) => {
                let found = self.sources.modules.get(module).and_then(|module| {
                    let statement = &module.statements[module.statement_of(name)?];
                    Some((module, statement.telling.as_ref()?))
                });
                found.ok_or_else(|| "is not written as a function `(ctx) => …`".to_owned())?
            }
            Source::Function(path) => {
                let found = self.sources.function(path).and_then(|(module, index)| {
                    Some((module, module.statements[index].definition.as_ref()?))
                });
                let (module, definition) = found.ok_or_else(|| "could not be read".to_owned())?;
                if !self.is_convex_builder(module, &definition.builder) {
                    let builder = &definition.builder;
                    self.add_builder(module, builder, &mut Need::default(), 0)?;
                }
                (module, &definition.telling)
            }
            Source::Package(package, name) => {
                let is_known = TELLERS.contains(&(package.as_str(), name.as_str()));
                return if is_known {
                    Ok(())
                } else {
                    Err(format!(
                        "is of `{package}`: it doesn't show what it does beside telling who calls"
                    ))
                };
            }
            Source::Context | Source::Lookup(_) => return Ok(()),
        };
        match telling {
            Telling::More(span) => Err(more(module, *span)),
            Telling::Plain(plain) => self.check_plain(module, plain, seen),
        }
    }

    /// Whether being in the table says that one is signed up, and nothing else.
    fn check_table(&self, table: &str) -> Result<(), Reason> {
        if !self.callers.contains(table) {
            return Err(format!("looks for the caller in the table `{table}`"));
        }
        match self.unclear.get(table) {
            Some(fields) => {
                let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
                Err(format!(
                    "looks for the caller in the table `{table}`, where main looks by {}: that they are the same doesn't show",
                    fields.join(" and ")
                ))
            }
            None => Ok(()),
        }
    }

    fn check_plain(
        &self,
        module: &Module,
        plain: &Plain,
        seen: &mut BTreeSet<Source>,
    ) -> Result<(), Reason> {
        for table in &plain.tables {
            self.check_table(table)?;
        }
        for asked in &plain.asks {
            let source = self.source(module, asked);
            let source = source.ok_or_else(|| "can't be followed".to_owned())?;
            self.check_telling(&source, seen)?;
            if self.gives_part(&source) {
                return Err("asks another function for more than who calls".to_owned());
            }
        }
        Ok(())
    }

    /// Whether it answers with something of the caller, which may be anything.
    fn gives_part(&self, source: &Source) -> bool {
        let telling = match source {
            Source::Helper(module, name) => self.sources.modules.get(module).and_then(|module| {
                let statement = &module.statements[module.statement_of(name)?];
                statement.telling.as_ref()
            }),
            Source::Function(path) => self.sources.function(path).and_then(|(module, index)| {
                let definition = module.statements[index].definition.as_ref()?;
                Some(&definition.telling)
            }),
            Source::Context | Source::Package(..) | Source::Lookup(_) => return false,
        };
        !matches!(telling, Some(Telling::Plain(plain)) if !plain.is_part)
    }

    /// A builder of main's own, and those that it is made of: byod's stand in their
    /// place.
    pub(super) fn add_builder(
        &self,
        module: &Module,
        builder: &str,
        need: &mut Need,
        depth: usize,
    ) -> Result<(), Reason> {
        if self.is_convex_builder(module, builder) {
            return Ok(());
        }
        let found = self.declared(module, builder).filter(|_| depth < 16);
        let wrapper = found
            .and_then(|(module, index)| Some((module, module.statements[index].wrapper.as_ref()?)));
        let made = || format!("is made by `{builder}`");
        match wrapper {
            None => Err(format!("{}, which can't be followed", made())),
            Some((module, Wrapper::More(span))) => {
                Err(format!("{}, which {}", made(), more(module, *span)))
            }
            Some((module, Wrapper::Plain { base, plain })) => {
                self.check_plain(module, plain, &mut BTreeSet::new())
                    .map_err(|reason| format!("{}, which {reason}", made()))?;
                need.builders
                    .insert((module.name.clone(), builder.to_owned()));
                self.add_builder(module, base, need, depth + 1)
            }
        }
    }

    /// Whether the name is one of Convex's builders.
    pub(super) fn is_convex_builder(&self, module: &Module, builder: &str) -> bool {
        module.import_of(builder).is_some_and(|(import, imported)| {
            let Imported::Name(name) = &imported.imported else {
                return false;
            };
            match self.sources.resolve(&module.name, &import.specifier) {
                Target::Generated(file) => file == "server" && BUILDERS.contains(&name.as_str()),
                Target::Package(package) => {
                    let name = name.strip_suffix("Generic");
                    package == "convex/server" && name.is_some_and(|n| BUILDERS.contains(&n))
                }
                Target::Module(_) => false,
            }
        })
    }

    /// The statement that declares what the name stands for in the module.
    pub(super) fn declared<'m>(
        &'m self,
        module: &'m Module,
        name: &str,
    ) -> Option<(&'m Module, usize)> {
        if let Some(index) = module.statement_of(name) {
            return Some((module, index));
        }
        let (import, imported) = module.import_of(name)?;
        let Target::Module(target) = self.sources.resolve(&module.name, &import.specifier) else {
            return None;
        };
        let (module, name) = self.sources.origin(&target, imported.imported.name()?)?;
        let module = self.sources.modules.get(&module)?;
        Some((module, module.statement_of(&name)?))
    }

    pub(super) fn check_access(&self, access: &Access, need: &mut Need) -> Result<(), Reason> {
        // With the lookup, what it asks for goes.
        if access
            .lookup
            .as_ref()
            .is_some_and(|table| self.is_foreign(table))
        {
            return Ok(());
        }
        let is_null_test = access.is_null_test && access.path.is_empty();
        if is_null_test && access.caller == Caller::Identity {
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
                let known = self.shape(&Source::Context);
                let is_asked =
                    access.is_null_test && known.iter().any(|p| p.starts_with(&access.path));
                if is_asked {
                    Ok(())
                } else if known.contains(&access.path) {
                    need.context.insert(access.path.clone());
                    Ok(())
                } else {
                    Err(format!("uses `ctx.{path}`, which main's builder adds"))
                }
            }
            Caller::Helper(_) | Caller::Function(_) | Caller::Lookup(_) => Ok(()),
        }
    }

    pub(super) fn source(&self, module: &Module, caller: &Caller) -> Option<Source> {
        match caller {
            Caller::Identity => None,
            Caller::Context => Some(Source::Context),
            Caller::Lookup(table) => self
                .is_foreign(table)
                .then(|| Source::Lookup(table.clone())),
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

/// What is asked for beside the owner's id, and whether there is one.
fn beyond<'x>(shape: &BTreeSet<Vec<String>>, asked: Vec<&'x Access>) -> Option<&'x Access> {
    asked.into_iter().find(|access| {
        let leads_there = shape.iter().any(|path| path.starts_with(&access.path));
        !(shape.contains(&access.path) || access.is_null_test && leads_there)
    })
}

fn more(module: &Module, span: Span) -> Reason {
    format!(
        "does more than tell who calls: `{}`",
        module.shown(span.start as usize..span.end as usize)
    )
}
