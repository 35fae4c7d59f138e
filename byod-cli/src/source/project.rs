//! All modules of a project, and where their imports lead.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use byod_build::{Imports, is_source};
use byod_schema::FunctionPath;

use super::apart::apart;
use super::hoisted::hoisted;
use super::module::{Export, Module};
use super::mounted::package_above;
use super::parse;
use super::remaining::remaining;
use crate::error::Error;
use crate::owners::OwnerNames;

/// All modules of a project, by name, with those that they import from elsewhere.
#[derive(Default)]
pub(crate) struct Sources {
    pub(crate) modules: BTreeMap<String, Module>,
    /// Those that can't be parsed.
    pub(crate) broken: BTreeSet<String>,
    /// The `package.json` of the project.
    pub(crate) package: Option<serde_json::Value>,
    /// Where the imports lead that don't tell by themselves: by module and specifier.
    links: BTreeMap<(String, String), Target>,
}

/// Main's module of builders that go where a user's data is.
const SERVER: &str = "byod/server";

/// How the modules begin that `byod export --main` writes.
pub(crate) const MAIN_HEAD: &str = "// Written by `byod export --main`.\n";

/// A statement: its module, and its number there.
pub(crate) type Place = (String, usize);

/// Where an import leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Module(String),
    /// A file of `_generated`: `server`, `api`, `dataModel`.
    Generated(String),
    Package(String),
}

impl Sources {
    /// Reads every module below the Convex folder, `schema` among them. A file
    /// that can't be parsed is left out: what is in it is not taken over.
    ///
    /// # Errors
    ///
    /// Where a file can't be read, or is nested too deep to be parsed.
    pub(crate) fn read(convex: &Path, owners: &OwnerNames) -> Result<Self, Error> {
        let mut files = Vec::new();
        walk(convex, &mut files).map_err(|error| Error::io(convex, error))?;
        let mut sources = Self {
            package: package_above(convex),
            ..Self::default()
        };
        for file in files {
            let name = name_of(file.strip_prefix(convex).unwrap_or(&file));
            sources.add(&file, name, owners)?;
        }
        sources.follow(convex, owners)?;
        Ok(sources)
    }

    fn add(&mut self, file: &Path, name: String, owners: &OwnerNames) -> Result<(), Error> {
        let text = byod_build::read_text(file).map_err(|error| Error::io(file, error))?;
        let text = text.replace("\r\n", "\n");
        byod_build::check_nesting(file, &text)?;
        // Two files of one name, as `a.ts` and `a.mjs`: which of them counts can't be told.
        let is_other = self.broken.contains(&name) || self.modules.remove(&name).is_some();
        let text = remaining(file, apart(file, hoisted(file, text)));
        let module = parse::module(file, name.clone(), text, owners);
        if let Some(module) = module.filter(|_| !is_other) {
            self.modules.insert(name, module);
        } else {
            self.broken.insert(name);
        }
        Ok(())
    }

    /// Finds what modules import by the paths of a `tsconfig.json`, or from outside
    /// of the Convex folder, and reads that too.
    fn follow(&mut self, convex: &Path, owners: &OwnerNames) -> Result<(), Error> {
        let convex = fs::canonicalize(convex).map_err(|error| Error::io(convex, error))?;
        let mut imports = Imports::new(&convex);
        let mut outside: BTreeMap<String, PathBuf> = BTreeMap::new();
        let mut todo: Vec<String> = self.modules.keys().cloned().collect();
        while let Some(name) = todo.pop() {
            let file = outside
                .get(&name)
                .cloned()
                .unwrap_or_else(|| convex.join(&name));
            let folder = file.parent().unwrap_or(&convex).to_owned();
            let Some(module) = self.modules.get(&name) else {
                continue;
            };
            for specifier in module.specifiers() {
                if !matches!(self.resolve(&name, &specifier), Target::Package(_)) {
                    continue;
                }
                let named = || {
                    // `~/convex/_generated/dataModel` is a file of types alone: the schema
                    // lies where its folder does.
                    let (before, name) = specifier.split_once("_generated/")?;
                    let found = imports.file(&folder, &format!("{before}schema"))?;
                    let is_root = found.parent() == Some(convex.as_path());
                    is_root.then(|| name.trim_end_matches(".js").to_owned())
                };
                let target = match generated(&convex, &folder, &specifier).or_else(named) {
                    Some(generated) => Target::Generated(generated),
                    None => {
                        let found = imports.file(&folder, &specifier);
                        let Some(found) = found.filter(|file| is_module(file)) else {
                            continue;
                        };
                        match found.strip_prefix(&convex) {
                            Ok(within) => match name_of(within) {
                                within if within.starts_with("_generated/") => {
                                    Target::Generated(within["_generated/".len()..].to_owned())
                                }
                                within => Target::Module(within),
                            },
                            Err(_) => {
                                let of_app = name_outside(&convex, &found);
                                if !outside.contains_key(&of_app) {
                                    self.add(&found, of_app.clone(), owners)?;
                                    outside.insert(of_app.clone(), found);
                                    todo.push(of_app.clone());
                                }
                                Target::Module(of_app)
                            }
                        }
                    }
                };
                self.links.insert((name.clone(), specifier), target);
            }
        }
        Ok(())
    }

    /// Where `specifier` leads from the module `from`. What `byod/server` of main hands on
    /// is Convex's own, or stands for it.
    pub(crate) fn resolve(&self, from: &str, specifier: &str) -> Target {
        match self.leads_to(from, specifier) {
            Target::Module(module) if self.is_server(&module) => {
                Target::Generated("server".to_owned())
            }
            target => target,
        }
    }

    /// Whether `specifier` leads to main's builders that go where a user's data is.
    pub(crate) fn is_routing(&self, from: &str, specifier: &str) -> bool {
        matches!(self.leads_to(from, specifier), Target::Module(module) if self.is_server(&module))
    }

    fn is_server(&self, module: &str) -> bool {
        module == SERVER && self.has_server()
    }

    /// Whether main has the builders of actions that ask for users' data where that is, as
    /// `byod export --main` writes them.
    pub(crate) fn has_server(&self) -> bool {
        let server = self.modules.get(SERVER);
        server.is_some_and(|server| server.text.starts_with(MAIN_HEAD))
    }

    fn leads_to(&self, from: &str, specifier: &str) -> Target {
        if let Some(target) = self.links.get(&(from.to_owned(), specifier.to_owned())) {
            return target.clone();
        }
        if !specifier.starts_with('.') {
            return Target::Package(specifier.to_owned());
        }
        let folder = Path::new(from).parent().unwrap_or(Path::new(""));
        let mut path = PathBuf::new();
        for part in folder.join(specifier).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir if path.pop() => {}
                Component::ParentDir => return Target::Package(specifier.to_owned()),
                other => path.push(other),
            }
        }
        let path = path.to_string_lossy().replace('\\', "/");
        let bare = match path.rsplit_once('.') {
            Some((bare, _)) if is_source(&path) => bare.to_owned(),
            _ => path,
        };
        if let Some(generated) = bare.strip_prefix("_generated/") {
            return Target::Generated(generated.to_owned());
        }
        for candidate in [bare.clone(), format!("{bare}/index")] {
            if self.modules.contains_key(&candidate) {
                return Target::Module(candidate);
            }
        }
        Target::Package(specifier.to_owned())
    }

    /// The module and the name under which `name` of `module` is declared.
    pub(crate) fn origin(&self, module: &str, name: &str) -> Option<(String, String)> {
        self.origin_below(module, name, 0)
    }

    fn origin_below(&self, module: &str, name: &str, depth: usize) -> Option<(String, String)> {
        let found = self.modules.get(module).filter(|_| depth < 32)?;
        match found.exports.get(name) {
            Some(Export::Local(local)) => {
                if found.statement_of(local).is_some() {
                    return Some((module.to_owned(), local.clone()));
                }
                // Imported and exported again.
                let (import, imported) = found.import_of(local)?;
                match (
                    self.resolve(module, &import.specifier),
                    imported.imported.name(),
                ) {
                    (Target::Module(next), Some(name)) => self.origin_below(&next, name, depth + 1),
                    _ => None,
                }
            }
            Some(Export::From { specifier, name }) => match self.resolve(module, specifier) {
                Target::Module(next) => self.origin_below(&next, name, depth + 1),
                _ => None,
            },
            None => found
                .stars
                .iter()
                .find_map(|star| match self.resolve(module, star) {
                    Target::Module(next) => self.origin_below(&next, name, depth + 1),
                    _ => None,
                }),
        }
    }

    /// The statement that declares what a name of the module stands for.
    pub(crate) fn declared<'m>(
        &'m self,
        module: &'m Module,
        name: &str,
    ) -> Option<(&'m Module, usize)> {
        if let Some(index) = module.statement_of(name) {
            return Some((module, index));
        }
        let (import, imported) = module.import_of(name)?;
        let Target::Module(target) = self.resolve(&module.name, &import.specifier) else {
            return None;
        };
        self.exported(&target, imported.imported.name()?)
    }

    /// The statement that declares `namespace.name`, where the module imports all of another
    /// as `namespace`.
    pub(crate) fn member(
        &self,
        module: &Module,
        namespace: &str,
        name: &str,
    ) -> Option<(&Module, usize)> {
        let (import, imported) = module.import_of(namespace)?;
        match self.resolve(&module.name, &import.specifier) {
            Target::Module(target) if imported.imported.name().is_none() => {
                self.exported(&target, name)
            }
            _ => None,
        }
    }

    /// The statement that declares what a module exports under the name.
    pub(crate) fn exported(&self, module: &str, name: &str) -> Option<(&Module, usize)> {
        let (module, name) = self.origin(module, name)?;
        let module = self.modules.get(&module)?;
        Some((module, module.statement_of(&name)?))
    }

    /// The statement that defines a function, if it is written as such.
    pub(crate) fn function(&self, path: &FunctionPath) -> Option<(&Module, usize)> {
        let (module, index) = self.exported(&path.module, &path.name)?;
        module.statements[index].definition.as_ref()?;
        Some((module, index))
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else { continue };
        if entry.file_type()?.is_dir() {
            if !matches!(name, "_generated" | "node_modules") && !name.starts_with('.') {
                walk(&path, found)?;
            }
        } else if entry.file_type()?.is_file() && is_module(&path) {
            // A link is not followed, as in Convex.
            found.push(path);
        }
    }
    Ok(())
}

/// The reader's own list: what it runs must be judged here, too.
fn is_module(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(is_source)
}

/// `dir/module`
fn name_of(file: &Path) -> String {
    let name = file.with_extension("");
    name.to_string_lossy().replace('\\', "/")
}

/// What a module is called that is not in the Convex folder: `byod/app/src/lib/roles` below
/// the folder that the Convex folder is in, `byod/workspace/packages/roles/index` elsewhere in
/// the workspace.
fn name_outside(convex: &Path, file: &Path) -> String {
    let app = convex.parent().unwrap_or(convex);
    if let Ok(within) = file.strip_prefix(app) {
        return format!("byod/app/{}", name_of(within));
    }
    let mut above = app.ancestors().skip(1);
    if let Some(within) = above
        .find(|folder| is_workspace(folder))
        .and_then(|root| file.strip_prefix(root).ok())
    {
        return format!("byod/workspace/{}", name_of(within));
    }
    let mut up = String::new();
    for folder in app.ancestors().skip(1) {
        up.push_str("up/");
        if let Ok(within) = file.strip_prefix(folder) {
            return format!("byod/app/{up}{}", name_of(within));
        }
    }
    format!("byod/app/{}", name_of(file))
}

/// Whether a folder is the root of a workspace of packages.
fn is_workspace(folder: &Path) -> bool {
    let names_packages = || {
        let text = fs::read_to_string(folder.join("package.json")).ok()?;
        let package: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(package.get("workspaces").is_some())
    };
    folder.join("pnpm-workspace.yaml").is_file() || names_packages().unwrap_or_default()
}

/// The file of `_generated` that a relative specifier names, which need not be there.
fn generated(convex: &Path, folder: &Path, specifier: &str) -> Option<String> {
    if !specifier.starts_with('.') {
        return None;
    }
    let mut path = PathBuf::new();
    for part in folder.join(specifier).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    let within = path.strip_prefix(convex.join("_generated")).ok()?;
    Some(name_of(within))
}
