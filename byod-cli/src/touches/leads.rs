//! Where the names lead that a statement uses, and what becomes of a context or a database
//! that it hands on.

use std::collections::BTreeSet;

use super::analysis::{Analysis, Does, Own, note};
use super::ids::Ids;
use super::packages::{self, Packaged};
use crate::source::{Module, Origin, Place, Target, Use};

impl<'a> Analysis<'a> {
    /// Where a name leads, and what becomes of a context that it is given.
    pub(super) fn follow(&self, module: &'a Module, used: &'a Use, own: &mut Own<'a>) {
        if module.statement_of(&used.name).is_some() {
            return self.lead(module, &used.name, used, own);
        }
        let Some((import, imported)) = module.import_of(&used.name) else {
            return;
        };
        let taken = imported.imported.name();
        match (self.sources.resolve(&module.name, &import.specifier), taken) {
            (Target::Generated(_), _) => {}
            (Target::Package(package), taken) => self.hand(module, &package, taken, used, own),
            (Target::Module(target), Some(name)) => self.enter(&target, name, used, own),
            (Target::Module(target), None) => match &used.member {
                Some(name) => self.enter(&target, name, used, own),
                None => {
                    let all = self.sources.modules.get(&target);
                    let statements = all.map_or(0, |all| all.statements.len());
                    let all = (0..statements).map(|index| ((target.clone(), index), used));
                    own.next.extend(all);
                }
            },
        }
    }

    fn enter(&self, target: &str, name: &str, used: &'a Use, own: &mut Own<'a>) {
        let found = self.sources.origin(target, name);
        let module = found.and_then(|(module, name)| {
            let module = self.sources.modules.get(&module)?;
            Some((module, name))
        });
        match module {
            Some((module, name)) => self.lead(module, &name, used, own),
            None if used.is_handed => {
                let what =
                    format!("hands its context or database on to `{name}`, which isn't found");
                own.touches.obscure.insert(what);
            }
            None => {}
        }
    }

    /// To the statement that declares the name.
    fn lead(&self, module: &'a Module, name: &str, used: &'a Use, own: &mut Own<'a>) {
        let Some(index) = module.statement_of(name) else {
            return;
        };
        let statement = &module.statements[index];
        own.next.push(((module.name.clone(), index), used));
        for place in &used.databases {
            let is_function = used.member.is_none() || !statement.databases.is_empty();
            if !(is_function && statement.databases.get(*place) == Some(&true)) {
                let what = format!(
                    "hands its database on to `{name}`, which isn't seen to use it: call that parameter `db`"
                );
                own.touches.obscure.insert(what);
            }
        }
        // What a package has made: `limiter.limit(ctx, …)`.
        if used.is_handed
            && let Some(maker) = &statement.maker
            && let Some((import, imported)) = module.import_of(maker)
            && let Target::Package(package) = self.sources.resolve(&module.name, &import.specifier)
            && statement.facts.touching.components.is_empty()
        {
            self.hand(module, &package, imported.imported.name(), used, own);
        }
    }

    /// A package's function is given a context or a database.
    fn hand(
        &self,
        module: &'a Module,
        package: &str,
        name: Option<&str>,
        used: &'a Use,
        own: &mut Own<'a>,
    ) {
        if !used.is_handed {
            return;
        }
        let unknown = || {
            let name = name.or(used.member.as_deref()).unwrap_or(&used.name);
            format!("hands its context or database on to `{name}` of `{package}`")
        };
        let ids = self.ids(module, &(module.name.clone(), usize::MAX), Vec::new());
        match handed(package, name, used, &self.tables, &ids) {
            Some((writes, tables)) => note(&mut own.touches, Does::at_most(writes), tables),
            None => drop(own.touches.obscure.insert(unknown())),
        }
    }

    /// Functions that a package makes.
    pub(super) fn made(&self, module: &'a Module, place: &Place, own: &mut Own<'a>) {
        if !self.defined.contains_key(place) {
            return;
        }
        let statement = &module.statements[place.1];
        let definition = statement.definition.as_ref();
        let Some(maker) = definition.map(|d| &d.builder).or(statement.maker.as_ref()) else {
            return;
        };
        let Some((import, imported)) = module.import_of(maker) else {
            return;
        };
        let Target::Package(package) = self.sources.resolve(&module.name, &import.specifier) else {
            return;
        };
        let made = Use {
            name: maker.clone(),
            member: None,
            given: None,
            is_handed: true,
            databases: Vec::new(),
            texts: statement.facts.texts.clone(),
        };
        match packages::touched(&package, imported.imported.name(), &made, &self.tables) {
            Packaged::Tables { writes, tables } => {
                note(&mut own.touches, Does::at_most(writes), tables);
            }
            _ if packages::is_plain_builder(&package) => {}
            _ => {
                let what =
                    format!("is made by `{maker}` of `{package}`, which doesn't show what it does");
                own.touches.obscure.insert(what);
            }
        }
    }
}

/// What the function `name` of a package touches which is given a context or a database, and
/// whether it writes there; `None` where that doesn't show. `tables` are all of the project's.
pub(crate) fn handed(
    package: &str,
    name: Option<&str>,
    used: &Use,
    tables: &BTreeSet<&str>,
    ids: &Ids<'_>,
) -> Option<(bool, BTreeSet<String>)> {
    let given = used.given.as_ref();
    let found = match packages::touched(package, name, used, tables) {
        Packaged::Nothing => BTreeSet::new(),
        Packaged::Tables { writes, tables } => return Some((writes, tables)),
        Packaged::Unknown => return None,
        Packaged::Ids(place) => {
            let of = given?.get(place)?;
            let element = Origin::Element(Box::new(of.clone()));
            ids.shown(&element).or_else(|| ids.shown(of))?
        }
        Packaged::Via => {
            let [_, Origin::Text(join), Origin::Text(field), ..] = given?.as_slice() else {
                return None;
            };
            let of = Origin::Member(Box::new(Origin::Doc(join.clone())), field.clone());
            let mut found = ids.shown(&of)?;
            found.insert(join.clone());
            found
        }
    };
    Some((false, found))
}
