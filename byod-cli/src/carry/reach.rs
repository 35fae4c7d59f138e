//! What can be reached through a name of a module, and what of it is changed.

use std::collections::BTreeSet;

use crate::source::{Module, Place, Sources, Target};

/// The statements whose values are written to, changed or handed on somewhere.
pub(super) fn changed(sources: &Sources) -> BTreeSet<Place> {
    let mut found = BTreeSet::new();
    for module in sources.modules.values() {
        for statement in &module.statements {
            let touched = statement.facts.touched.iter();
            found.extend(touched.flat_map(|name| places(sources, module, name)));
        }
    }
    found
}

/// Everything that may be reached through a name of the module.
pub(super) fn reach(sources: &Sources, module: &Module, name: &str, found: &mut BTreeSet<Place>) {
    let mut todo = places(sources, module, name);
    while let Some(place) = todo.pop() {
        if !found.insert(place.clone()) {
            continue;
        }
        if let Some(module) = sources.modules.get(&place.0) {
            let names = module.statements[place.1].facts.values.iter();
            todo.extend(names.flat_map(|name| places(sources, module, name)));
        }
    }
}

/// Where what a name of the module stands for is declared. Where it stands for all of
/// a module, or doesn't show what it stands for, that is everything there.
fn places(sources: &Sources, module: &Module, name: &str) -> Vec<Place> {
    if let Some((module, index)) = sources.declared(module, name) {
        return vec![(module.name.clone(), index)];
    }
    let Some((import, _)) = module.import_of(name) else {
        return Vec::new();
    };
    let Target::Module(target) = sources.resolve(&module.name, &import.specifier) else {
        return Vec::new();
    };
    let all = below(sources, &target).into_iter().flat_map(|name| {
        let count = sources.modules.get(&name).map_or(0, |m| m.statements.len());
        (0..count).map(move |index| (name.clone(), index))
    });
    all.collect()
}

/// The module and all that it imports, as types alone too.
pub(super) fn below(sources: &Sources, module: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut todo = vec![module.to_owned()];
    while let Some(name) = todo.pop() {
        let Some(module) = sources.modules.get(&name) else {
            continue;
        };
        if found.insert(name.clone()) {
            let loads = module.loads.iter();
            todo.extend(
                loads.filter_map(|load| match sources.resolve(&name, &load.specifier) {
                    Target::Module(target) => Some(target),
                    _ => None,
                }),
            );
        }
    }
    found
}
