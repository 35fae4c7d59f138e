//! Main's modules as text: what each top-level statement declares and uses, so
//! that a function can be taken over with just what it needs.

mod facts;
mod parse;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use byod_schema::FunctionPath;
pub(crate) use facts::{Access, Caller, Facts, FunctionRef};

/// A module of a Convex project.
#[derive(Debug)]
pub(crate) struct Module {
    /// `dir/module`
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) imports: Vec<Import>,
    pub(crate) statements: Vec<Statement>,
    /// By exported name.
    pub(crate) exports: BTreeMap<String, Export>,
    /// `export * from` these.
    pub(crate) stars: Vec<String>,
    /// `"use node"`
    pub(crate) use_node: bool,
}

/// One import declaration.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) specifier: String,
    pub(crate) type_only: bool,
    pub(crate) names: Vec<ImportedName>,
}

#[derive(Clone, Debug)]
pub(crate) struct ImportedName {
    pub(crate) local: String,
    pub(crate) imported: Imported,
    pub(crate) type_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Imported {
    Name(String),
    Default,
    Namespace,
}

#[derive(Clone, Debug)]
pub(crate) enum Export {
    /// A name of this module.
    Local(String),
    /// `export { name } from "specifier"`
    From { specifier: String, name: String },
}

/// A top-level statement that is neither import nor re-export.
#[derive(Debug)]
pub(crate) struct Statement {
    /// With the comments in front of it.
    pub(crate) span: Range<usize>,
    /// The names it declares.
    pub(crate) names: Vec<String>,
    pub(crate) facts: Facts,
    /// Set where it is `export const name = builder({ …, handler })`.
    pub(crate) definition: Option<Definition>,
}

/// A Convex function as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) builder: String,
    pub(crate) builder_span: Range<usize>,
    /// The names of `args` where all of them are written out.
    pub(crate) args: Option<Vec<String>>,
}

/// All modules of a project, by name.
#[derive(Default)]
pub(crate) struct Sources {
    pub(crate) modules: BTreeMap<String, Module>,
}

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
    pub(crate) fn read(convex: &Path, subjects: &BTreeSet<String>) -> io::Result<Self> {
        let mut files = Vec::new();
        walk(convex, &mut files)?;
        let mut modules = BTreeMap::new();
        for file in files {
            let relative = file
                .strip_prefix(convex)
                .unwrap_or(&file)
                .with_extension("");
            let name = relative.to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(&file)?.replace("\r\n", "\n");
            if let Some(module) = parse::module(&file, name.clone(), text, subjects) {
                modules.insert(name, module);
            }
        }
        Ok(Self { modules })
    }

    /// Where `specifier` leads from the module `from`.
    pub(crate) fn resolve(&self, from: &str, specifier: &str) -> Target {
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
        let bare = [".ts", ".tsx", ".js", ".jsx", ".mts", ".mjs"]
            .iter()
            .find_map(|ending| path.strip_suffix(ending))
            .unwrap_or(&path)
            .to_owned();
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
                match (self.resolve(module, &import.specifier), &imported.imported) {
                    (Target::Module(next), Imported::Name(name)) => {
                        self.origin_below(&next, name, depth + 1)
                    }
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

    /// The statement that defines a function, if it is written as such.
    pub(crate) fn function(&self, path: &FunctionPath) -> Option<(&Module, usize)> {
        let (module, name) = self.origin(&path.module, &path.name)?;
        let module = self.modules.get(&module)?;
        let index = module.statement_of(&name)?;
        module.statements[index].definition.as_ref()?;
        Some((module, index))
    }
}

impl Module {
    pub(crate) fn statement_of(&self, name: &str) -> Option<usize> {
        self.statements
            .iter()
            .position(|statement| statement.names.iter().any(|n| n == name))
    }

    pub(crate) fn import_of(&self, local: &str) -> Option<(&Import, &ImportedName)> {
        self.imports.iter().find_map(|import| {
            let name = import.names.iter().find(|name| name.local == local)?;
            Some((import, name))
        })
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
        } else if [".ts", ".tsx", ".js", ".jsx", ".mts", ".mjs"]
            .iter()
            .any(|ending| name.ends_with(ending))
            && !name.ends_with(".d.ts")
        {
            found.push(path);
        }
    }
    Ok(())
}
