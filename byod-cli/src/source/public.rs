//! What in the modules of the users' project could make a function that is public,
//! though none was read: behind an environment variable, or where nobody looks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use byod_schema::{Project, Visibility};

use super::module::{Export, Imported, Module};
use super::project::{Sources, Target};
use crate::Error;
use crate::owners::OwnerNames;
use crate::reading::LOCK;

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

/// What could make a public function in the exported project in `folder`, each with what
/// to do about it; nothing of a module of which a public function was read, which is said
/// already.
///
/// # Errors
///
/// Where a module can't be read.
pub(crate) fn could_be_public(
    folder: &Path,
    user: &Project,
    names: &OwnerNames,
) -> Result<Vec<String>, Error> {
    if !folder.join(LOCK).is_file() {
        return Ok(Vec::new());
    }
    let sources = Sources::read(folder, names)?;
    let is_known = |module: &str| {
        let of_module = user
            .functions
            .iter()
            .filter(|(path, _)| path.module == module);
        let public = of_module.filter(|(_, f)| f.visibility == Visibility::Public);
        public.count() > usize::from(module == "functions")
    };
    let modules = sources.modules.values().filter(|m| !is_known(&m.name));
    let mut found: Vec<String> = modules
        .filter_map(|module| Some((&module.name, shows(&sources, module)?)))
        .map(|(name, what)| {
            format!(
                "`{name}` of the users' project {what}: where an environment variable or anything else says so, it could make a function that anybody could call who knows a deployment's address. Use the builders of `byod/owner`, in custom/, or an internal one of Convex's, imported by its name"
            )
        })
        .collect();
    found.extend(packages_within(folder));
    Ok(found)
}

/// The folders of packages in a Convex folder, each with what to do about it.
pub(crate) fn packages_within(folder: &Path) -> Vec<String> {
    let found = package_folders(folder).into_iter().map(|path| {
        let path = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        format!(
            "`{path}` is in the users' Convex folder: Convex takes what is in it for functions, which anybody could call who knows a deployment's address. Install packages beside the Convex folder"
        )
    });
    found.collect()
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

/// Folders of packages inside of the Convex folder: Convex takes what is there for
/// modules of the project.
fn package_folders(convex: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut todo = vec![convex.to_owned()];
    while let Some(folder) = todo.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries {
            let path = entry.path();
            if entry.file_name() == "node_modules" {
                found.insert(path);
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(path);
            }
        }
    }
    found
}
