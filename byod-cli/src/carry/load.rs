//! What happens when modules are loaded.
//!
//! A function's module loads all modules that it imports, and each does what it does
//! at its top level: `checks.push(…)`, `rules.rename = …`, `import "./register"`. All
//! of that belongs to the function, wherever it is; it comes along, or the function
//! doesn't.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Carrier, Reason};
use super::need::Need;
use super::reach::{Place, below, reach};
use crate::source::{Imported, LoadKind, Module, Target};

impl Carrier<'_> {
    /// Adds what happens when the module is loaded.
    pub(super) fn add_loaded(&self, module: &str, need: &mut Need) -> Result<(), Reason> {
        let mut loaded = BTreeMap::new();
        let unclear = self.load(module, &mut loaded)?;
        let mut acting: BTreeSet<String> = BTreeSet::new();
        for name in loaded.keys() {
            let Some(module) = self.sources.modules.get(name) else {
                continue;
            };
            for (index, statement) in module.statements.iter().enumerate() {
                if statement.facts.loads_more {
                    return Err(at_top_level(module, index, "loads another module"));
                }
                if statement.is_effect || statement.facts.changes_globals_at_load {
                    self.add_statement(module, index, need)
                        .map_err(|reason| at_top_level(module, index, &reason))?;
                    acting.insert(name.clone());
                }
            }
        }
        // What declares something and changes something that is carried over.
        loop {
            let before = need.statements.len();
            for name in loaded.keys() {
                let Some(module) = self.sources.modules.get(name) else {
                    continue;
                };
                for index in 0..module.statements.len() {
                    if self.changes(module, index, &need.statements) {
                        self.add_statement(module, index, need)
                            .map_err(|reason| at_top_level(module, index, &reason))?;
                        acting.insert(name.clone());
                    }
                }
            }
            if need.statements.len() == before {
                break;
            }
        }
        self.check_unclear(&loaded, unclear, need)?;
        // Those, and what leads to them.
        loop {
            let before = acting.len();
            for (name, next) in &loaded {
                if next.iter().any(|next| acting.contains(next)) {
                    acting.insert(name.clone());
                }
            }
            if acting.len() == before {
                break;
            }
        }
        need.loads.extend(acting);
        Ok(())
    }

    /// All modules that the module loads, each with those that it loads itself. Gives
    /// those that may be loaded or not: who imports types of them, and their names.
    fn load(
        &self,
        module: &str,
        loaded: &mut BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<(String, String)>, Reason> {
        let mut todo = vec![module.to_owned()];
        let mut unclear = Vec::new();
        while let Some(name) = todo.pop() {
            let Some(module) = self.sources.modules.get(&name) else {
                continue;
            };
            if loaded.contains_key(&name) {
                continue;
            }
            let mut next = Vec::new();
            for load in &module.loads {
                let specifier = &load.specifier;
                match (self.sources.resolve(&name, specifier), load.kind) {
                    (Target::Generated(_), _) => {}
                    (Target::Package(_), LoadKind::Effects) => {
                        return Err(format!(
                            "loads `{name}`, which imports `{specifier}` for what it does"
                        ));
                    }
                    // A file that isn't there, or that can't be read.
                    (Target::Package(_), _)
                        if specifier.starts_with('.') && !specifier.ends_with(".json") =>
                    {
                        return Err(format!(
                            "loads `{name}`, which imports `{specifier}`, which can't be read"
                        ));
                    }
                    (Target::Package(_), _) => {}
                    // The users' schema stands for main's.
                    (Target::Module(target), _)
                        if target == "schema" && takes_schema(module, specifier) => {}
                    (Target::Module(target), LoadKind::Unclear) => {
                        unclear.push((name.clone(), target))
                    }
                    (Target::Module(target), _) => next.push(target),
                }
            }
            todo.extend(next.iter().cloned());
            loaded.insert(name, next);
        }
        Ok(unclear)
    }

    /// What may be loaded or not must not do anything.
    fn check_unclear(
        &self,
        loaded: &BTreeMap<String, Vec<String>>,
        unclear: Vec<(String, String)>,
        need: &Need,
    ) -> Result<(), Reason> {
        for (from, target) in unclear {
            let also = below(self.sources, &target);
            for name in also.iter().filter(|name| !loaded.contains_key(*name)) {
                let Some(module) = self.sources.modules.get(name) else {
                    continue;
                };
                let mut statements = module.statements.iter().enumerate();
                let acts = statements.any(|(index, statement)| {
                    statement.is_effect
                        || statement.facts.changes_globals_at_load
                        || statement.facts.loads_more
                        || self.changes(module, index, &need.statements)
                });
                if acts {
                    return Err(format!(
                        "loads `{from}`, which imports types of `{target}`, which does something at its top level: say `import type` there, or `import \"…\"`"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whether the statement, when its module is loaded, may change what one of the
    /// carried statements has declared.
    fn changes(&self, module: &Module, index: usize, carried: &BTreeSet<Place>) -> bool {
        let statement = &module.statements[index];
        if carried.contains(&(module.name.clone(), index)) {
            return false;
        }
        // Of a function's definition the builder runs; the handler doesn't.
        let builder = statement.definition.as_ref().map(|d| &d.builder);
        let names = statement.facts.acting.iter();
        let names = names.filter(|name| builder.is_none_or(|builder| *name == builder));
        let mut reached = BTreeSet::new();
        for name in names {
            reach(self.sources, module, name, &mut reached);
        }
        reached.iter().any(|place| {
            let module = self.sources.modules.get(&place.0);
            module.is_some_and(|module| module.statements[place.1].facts.changes_globals)
                || carried.contains(place) && self.changed.contains(place)
        })
    }
}

fn at_top_level(module: &Module, index: usize, reason: &str) -> Reason {
    format!(
        "loads `{}`, whose `{}` at the top level {reason}",
        module.name,
        module.shown(module.statements[index].code.clone())
    )
}

/// Whether the schema alone is imported of the schema's module.
fn takes_schema(module: &Module, specifier: &str) -> bool {
    let mut imports = module.imports.iter().filter(|i| i.specifier == specifier);
    imports.all(|import| {
        let mut names = import.names.iter();
        !import.names.is_empty() && names.all(|name| name.imported == Imported::Default)
    })
}
