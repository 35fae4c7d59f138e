//! By which builder an action asks for a user's data: main's own, which goes where that
//! is, or Convex's, which stays on main.

use std::collections::BTreeSet;

use byod_schema::{FunctionPath, FunctionType, Manifest, Visibility};

use crate::source::{Imported, Module, Sources, Target};

/// The builders of actions.
const BUILDERS: [&str; 3] = ["action", "httpAction", "internalAction"];

/// How long a chain of an app's own builders may be.
const DEEPEST: usize = 8;

/// How an action asks other functions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// By `byod/server`: each where it runs for who calls.
    Routed,
    /// By `_generated/server`: all on main. Where that is imported.
    Plain(BuilderImport),
    /// By what made it otherwise.
    Unknown,
}

/// An import of builders that stay on main.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BuilderImport {
    /// The module that imports them.
    pub(crate) module: String,
    /// What it names as their origin, and ought to name.
    pub(crate) from: String,
    pub(crate) to: String,
}

/// How a function of main asks others, if it is an action.
pub(crate) fn asking(
    sources: &Sources,
    manifest: &Manifest,
    path: &FunctionPath,
) -> Option<Asking> {
    let function = manifest.main.functions.get(path)?;
    if function.function_type != FunctionType::Action {
        return None;
    }
    let found = sources.exported(&path.module, &path.name);
    Some(found.map_or(Asking::Unknown, |(module, index)| {
        made_by(sources, module, index, 0)
    }))
}

/// Whether it is an action that goes where a user's data is.
pub(crate) fn is_routed(sources: &Sources, manifest: &Manifest, path: &FunctionPath) -> bool {
    asking(sources, manifest, path) == Some(Asking::Routed)
}

/// The internal actions of main to which it can be said who calls.
pub(crate) fn taking_caller<'m>(
    sources: &Sources,
    manifest: &'m Manifest,
) -> BTreeSet<&'m FunctionPath> {
    let internal = manifest.main.functions.iter();
    internal
        .filter(|(_, function)| function.visibility == Visibility::Internal)
        .map(|(path, _)| path)
        .filter(|path| is_routed(sources, manifest, path))
        .collect()
}

/// What HTTP actions ask for, by the builder that goes where a user's data is, or by Convex's.
pub(crate) fn http_actions(sources: &Sources) -> Vec<(Asking, BTreeSet<FunctionPath>)> {
    let mut found = Vec::new();
    for module in sources.modules.values() {
        let http = Imported::Name("httpAction".to_owned());
        let import = module
            .imports
            .iter()
            .find(|import| import.names.iter().any(|name| name.imported == http));
        let asking = import.and_then(|import| of_import(sources, module, &import.specifier));
        if let Some(asking) = asking {
            let functions = module.statements.iter().flat_map(|s| &s.facts.functions);
            found.push((asking, functions.map(|f| f.path.clone()).collect()));
        }
    }
    found
}

/// By what the statement's function is made: by what it names itself, or by the app's own
/// builder, which is made of one of those.
fn made_by(sources: &Sources, module: &Module, index: usize, depth: usize) -> Asking {
    let statement = &module.statements[index];
    let mut plain = None;
    let mut is_routed = false;
    for name in &statement.facts.values {
        let Some((import, imported)) = module.import_of(name) else {
            continue;
        };
        let is_builder = matches!(&imported.imported,
            Imported::Name(of) if BUILDERS.contains(&of.as_str()));
        match of_import(sources, module, &import.specifier).filter(|_| is_builder) {
            Some(Asking::Routed) => is_routed = true,
            other => plain = plain.or(other),
        }
    }
    match (plain, is_routed) {
        // What is made of both may stay on main.
        (Some(plain), _) => return plain,
        (None, true) => return Asking::Routed,
        (None, false) if depth > DEEPEST => return Asking::Unknown,
        (None, false) => {}
    }
    let definition = statement.definition.as_ref();
    let maker = definition.map(|d| &d.builder).or(statement.maker.as_ref());
    let found = maker.and_then(|maker| sources.declared(module, maker));
    match found {
        Some((there, at)) if (&there.name, at) != (&module.name, index) => {
            made_by(sources, there, at, depth + 1)
        }
        _ => Asking::Unknown,
    }
}

/// What builders do that are imported from there, if there are any.
fn of_import(sources: &Sources, module: &Module, specifier: &str) -> Option<Asking> {
    if sources.is_routing(&module.name, specifier) {
        return Some(Asking::Routed);
    }
    match sources.resolve(&module.name, specifier) {
        Target::Generated(file) if file == "server" => Some(Asking::Plain(BuilderImport {
            module: module.name.clone(),
            from: specifier.to_owned(),
            to: specifier.replace("_generated/server", "byod/server"),
        })),
        _ => None,
    }
}
