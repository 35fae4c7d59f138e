//! What happens when modules are loaded.
//!
//! A function's module loads all modules that it imports, and each does what it does
//! at its top level: `checks.push(…)`, `rules.rename = …`, `import "./register"`. All
//! of that belongs to the function, wherever it is; it comes along, or the function
//! doesn't.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::known::{Acts, Carrier, Changes, Loaded, Reason};
use super::need::Need;
use super::reach::{below, reach};
use crate::source::{Imported, LoadKind, Module, Place, Target, Wrapper};

impl Carrier<'_> {
    /// Adds what happens when the modules are loaded whose functions are carried over.
    pub(super) fn add_loaded_again(&self, need: &mut Need) -> Result<(), Reason> {
        loop {
            let before = (need.statements.len(), need.opened.len());
            for module in need.opened.clone() {
                self.add_loaded(&module, need)?;
            }
            if before == (need.statements.len(), need.opened.len()) {
                return Ok(());
            }
        }
    }

    /// Adds what happens when the module is loaded.
    pub(super) fn add_loaded(&self, module: &str, need: &mut Need) -> Result<(), Reason> {
        let loaded = self.loaded(module)?;
        let mut acting: BTreeSet<&String> = BTreeSet::new();
        let add = |place: &Place, need: &mut Need| {
            let Some(module) = self.sources.modules.get(&place.0) else {
                return Ok(());
            };
            let statement = &module.statements[place.1];
            // What stands for it does no more either.
            if let Some(Wrapper::Triggers { .. }) = statement.wrapper {
                return Ok(());
            }
            if statement.facts.loads_more {
                return Err(at_top_level(module, place.1, "loads another module"));
            }
            self.add_statement(module, place.1, need)
                .map_err(|reason| at_top_level(module, place.1, &reason))
        };
        for place in &loaded.effects {
            add(place, need)?;
            acting.insert(&place.0);
        }
        // What declares something and changes something that is carried over.
        loop {
            let before = need.statements.len();
            for (place, changes) in &loaded.changing {
                if !need.statements.contains(place) && changes.of(&need.statements) {
                    add(place, need)?;
                    acting.insert(&place.0);
                }
            }
            if need.statements.len() == before {
                break;
            }
        }
        let mut unclear = loaded.unclear.iter();
        if let Some((from, target, _)) = unclear.find(|(.., c)| c.of(&need.statements)) {
            return Err(format!(
                "loads `{from}`, which imports types of `{target}`, which does something at its top level: say `import type` there, or `import \"…\"`"
            ));
        }
        // Those, and what leads to them.
        let mut todo: Vec<&String> = acting.into_iter().collect();
        while let Some(name) = todo.pop() {
            if need.loads.insert(name.clone()) {
                todo.extend(loaded.loaders.get(name).into_iter().flatten());
            }
        }
        Ok(())
    }

    fn loaded(&self, module: &str) -> Result<Rc<Loaded>, Reason> {
        if let Some(known) = self.loaded.borrow().get(module) {
            return known.clone();
        }
        let loaded = self.load(module).map(Rc::new);
        let mut known = self.loaded.borrow_mut();
        known.insert(module.to_owned(), loaded.clone());
        loaded
    }

    /// All that is loaded with the module, itself among it.
    fn load(&self, module: &str) -> Result<Loaded, Reason> {
        let mut loaded = Loaded::default();
        let mut todo = vec![module.to_owned()];
        let mut seen = BTreeSet::new();
        let mut unclear = Vec::new();
        while let Some(name) = todo.pop() {
            let Some(module) = self.sources.modules.get(&name) else {
                continue;
            };
            if !seen.insert(name.clone()) {
                continue;
            }
            loaded.loaders.entry(name.clone()).or_default();
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
                    (Target::Module(target), _) => {
                        let loaders = loaded.loaders.entry(target.clone()).or_default();
                        loaders.push(name.clone());
                        todo.push(target);
                    }
                }
            }
        }
        for name in &seen {
            for (index, changes) in self.acts(name).iter() {
                let place = (name.clone(), *index);
                if changes.always {
                    loaded.effects.push(place);
                } else {
                    loaded.changing.push((place, changes.clone()));
                }
            }
        }
        for (from, target) in unclear {
            let also = below(self.sources, &target);
            for name in also.iter().filter(|name| !seen.contains(*name)) {
                let acts = self.acts(name);
                let changes = acts.iter().map(|(_, changes)| changes.clone());
                let found = changes.map(|changes| (from.clone(), target.clone(), changes));
                loaded.unclear.extend(found);
            }
        }
        Ok(loaded)
    }

    /// The statements of a module that may do something when it is loaded.
    fn acts(&self, module: &str) -> Acts {
        if let Some(known) = self.acts.borrow().get(module) {
            return known.clone();
        }
        let found: Rc<[_]> = match self.sources.modules.get(module) {
            None => Rc::default(),
            Some(module) => {
                let all = 0..module.statements.len();
                all.filter_map(|index| Some((index, Rc::new(self.changes(module, index)?))))
                    .collect()
            }
        };
        self.acts
            .borrow_mut()
            .insert(module.to_owned(), found.clone());
        found
    }

    /// What the statement, when its module is loaded, may change of what a statement
    /// has declared; `None` where that is nothing.
    fn changes(&self, module: &Module, index: usize) -> Option<Changes> {
        let statement = &module.statements[index];
        let facts = &statement.facts;
        let mut changes = Changes {
            always: statement.is_effect || facts.changes_globals_at_load || facts.loads_more,
            places: Vec::new(),
        };
        if changes.always {
            return Some(changes);
        }
        // Of a function's definition the builder runs; the handler doesn't.
        let builder = statement.definition.as_ref().map(|d| &d.builder);
        let names = facts.acting.iter();
        let names = names.filter(|name| builder.is_none_or(|builder| *name == builder));
        let mut reached = BTreeSet::new();
        for name in names {
            reach(self.sources, module, name, &mut reached);
        }
        for place in reached {
            let module = self.sources.modules.get(&place.0);
            changes.always |=
                module.is_some_and(|module| module.statements[place.1].facts.changes_globals);
            if self.changed.contains(&place) {
                changes.places.push(place);
            }
        }
        (changes.always || !changes.places.is_empty()).then_some(changes)
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
