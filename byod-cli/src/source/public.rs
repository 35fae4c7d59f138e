//! What is public in the users' project, or could be though it wasn't read as such: behind
//! an environment variable, or where nobody looks.

mod declared;
mod mounts;

use std::collections::BTreeSet;
use std::path::Path;

use byod_schema::Project;

use crate::error::Error;
use crate::owners::OwnerNames;
use crate::source::module::{Export, Imported, Module};
use crate::source::project::{Sources, Target};

pub(crate) use declared::{LOCK, packages_within, public_functions};

/// Of `_generated/server` and of `convex/server`. An HTTP action alone is reached by nobody:
/// that takes a router.
const MAKERS: [&str; 6] = [
    "query",
    "mutation",
    "action",
    "queryGeneric",
    "mutationGeneric",
    "actionGeneric",
];

/// What is public in the exported project in `folder`, or could be, each with what to do
/// about it; nothing of a project that was never exported.
///
/// `user` is that project as a build reads it.
///
/// # Errors
///
/// Where a module can't be read.
pub(crate) fn public(
    folder: &Path,
    user: &Project,
    names: &OwnerNames,
) -> Result<Vec<String>, Error> {
    if !folder.join(LOCK).is_file() {
        return Ok(Vec::new());
    }
    let mut found = declared::public(folder, user);
    let sources = Sources::read(folder, names)?;
    let known: BTreeSet<&String> = public_functions(user).map(|path| &path.module).collect();
    let modules = sources
        .modules
        .values()
        .filter(|m| !known.contains(&m.name));
    let shown = modules.filter_map(|module| Some((&module.name, shows(&sources, module)?)));
    found.extend(shown.map(|(name, what)| {
            format!(
                "`{name}` of the users' project {what}: where an environment variable or anything else says so, it could make a function that anybody could call who knows a deployment's address. Use the builders of `byod/owner`, in custom/, or an internal one of Convex's, imported by its name"
            )
        }));
    Ok(found)
}

fn shows(sources: &Sources, module: &Module) -> Option<String> {
    let statements = || {
        let is_ping = |names: &[String]| module.name == "functions" && names == ["ping"];
        module.statements.iter().filter(move |s| !is_ping(&s.names))
    };
    for import in module.imports.iter().filter(|import| !import.type_only) {
        let Some(from) = server(sources, module, &import.specifier) else {
            continue;
        };
        for name in import.names.iter().filter(|name| !name.type_only) {
            let is_used = statements().any(|s| s.facts.values.contains(&name.local));
            let is_handed_on = module
                .exports
                .values()
                .any(|export| matches!(export, Export::Local(local) if *local == name.local));
            if !is_used && !is_handed_on {
                continue;
            }
            match &name.imported {
                Imported::Name(of) if !MAKERS.contains(&of.as_str()) => {}
                Imported::Name(of) => return Some(format!("uses `{of}` of `{from}`")),
                _ => return Some(format!("imports all of `{from}` as `{}`", name.local)),
            }
        }
    }
    for export in module.exports.values() {
        if let Export::From { specifier, name } = export
            && let Some(from) = server(sources, module, specifier)
            && MAKERS.contains(&name.as_str())
        {
            return Some(format!("hands on `{name}` of `{from}`"));
        }
    }
    let mut stars = module.stars.iter();
    if let Some(from) = stars.find_map(|star| server(sources, module, star)) {
        return Some(format!("hands on all of `{from}`"));
    }
    let mut loading = statements();
    loading
        .any(|s| s.facts.loads_more || s.facts.globals.contains("require"))
        .then(|| "loads modules by `require` or `import()`".to_owned())
}

/// What the specifier stands for, where it has functions' makers.
fn server(sources: &Sources, module: &Module, specifier: &str) -> Option<&'static str> {
    match sources.resolve(&module.name, specifier) {
        Target::Generated(file) if file == "server" => Some("_generated/server"),
        Target::Package(package) if package == "convex/server" => Some("convex/server"),
        _ => None,
    }
}
