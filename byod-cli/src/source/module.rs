//! A module as text: its imports and exports, and its statements with what is known
//! of each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use super::facts::{DEFAULT, Facts, shorten};
use super::mounted::Mount;
use super::origin::Origin;
use super::verdict::{Telling, Wrapper};

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
    /// The modules that it loads, in that order.
    pub(crate) loads: Vec<Load>,
    /// Where its names are declared or imported.
    pub(super) names: Names,
    /// `"use node"`
    pub(crate) use_node: bool,
    /// The components that it adds to its app.
    pub(super) mounts: Vec<Mount>,
}

/// Where the names of a module come from: whoever looks for each of many in a long
/// module must not read all of it for each.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The number of the statement.
    declared: HashMap<String, usize>,
    /// The number of the import, and that of the name in it.
    imported: HashMap<String, (usize, usize)>,
}

impl Names {
    /// The first that declares or imports a name counts.
    pub(super) fn of(statements: &[Statement], imports: &[Import]) -> Self {
        let mut found = Self::default();
        for (index, statement) in statements.iter().enumerate() {
            for name in &statement.names {
                found.declared.entry(name.clone()).or_insert(index);
            }
        }
        for (index, import) in imports.iter().enumerate() {
            for (at, name) in import.names.iter().enumerate() {
                let place = (index, at);
                found.imported.entry(name.local.clone()).or_insert(place);
            }
        }
        found
    }
}

/// Where one module may load another.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) specifier: String,
    pub(crate) kind: LoadKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadKind {
    /// `import "specifier"`: for what the module does.
    Effects,
    /// Something of it is used as a value, or exported again.
    Values,
    /// What it imports is used as types alone: whether the module is loaded depends
    /// on the settings of whatever compiles it.
    Unclear,
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

impl Imported {
    /// The name under which a module exports it; `None` for all of the module.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Default => Some(DEFAULT),
            Self::Namespace => None,
        }
    }
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
    /// Without them.
    pub(crate) code: Range<usize>,
    /// The names it declares.
    pub(crate) names: Vec<String>,
    pub(crate) is_exported: bool,
    /// `export default …`
    pub(crate) is_default: bool,
    /// It declares nothing: what it does happens when the module is loaded.
    pub(crate) is_effect: bool,
    pub(crate) facts: Facts,
    /// Set where it is `const name = builder({ …, handler })`.
    pub(crate) definition: Option<Definition>,
    /// Set where it declares one function: whether that does nothing but tell who
    /// calls.
    pub(crate) telling: Option<Telling>,
    /// Which of its parameters are followed as contexts.
    pub(crate) contexts: Vec<bool>,
    /// How the class is made that it declares.
    pub(crate) constructor: Option<Constructor>,
    /// The types that its parameters are written with, empty where they have none.
    pub(crate) parameters: Vec<String>,
    /// Which of its parameters are known for databases.
    pub(crate) databases: Vec<bool>,
    /// The name by which its one constant is made, where it isn't written out.
    pub(crate) maker: Option<String>,
    /// The functions that the function makes which it declares.
    pub(crate) made: Vec<Definition>,
    /// The name of the class of which its one constant is an object.
    pub(crate) class: Option<String>,
    /// The name of the function whose value its constants are.
    pub(crate) called: Option<String>,
    /// What that function gives.
    pub(crate) returned: Option<Origin>,
    /// What its one constant is, or its type.
    pub(crate) value: Option<Origin>,
    /// Set where it may declare a builder of Convex functions.
    pub(crate) wrapper: Option<Wrapper>,
}

/// How a class is made.
#[derive(Clone, Debug)]
pub(crate) enum Constructor {
    /// Which parameters are followed as contexts.
    Own(Vec<bool>),
    /// As the class of the name is which it extends.
    Of(String),
}

/// A Convex function as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) builder: String,
    pub(crate) builder_span: Range<usize>,
    /// All of it.
    pub(crate) span: Range<usize>,
    /// The names of `args` where all of them are written out.
    pub(crate) args: Option<Vec<String>>,
    /// Where `args` may be written, with what stands before a line there, if its handler
    /// takes none and they aren't declared.
    pub(crate) without_args: Option<(usize, String)>,
    /// What is given beside `args`, `returns` and `handler`.
    pub(crate) options: Vec<String>,
    /// Whether its handler does nothing but tell who calls.
    pub(crate) telling: Telling,
    /// What its handler gives.
    pub(crate) returned: Option<Origin>,
}

impl Statement {
    /// Whether it exports the name under that name. A declaration that is a default
    /// export does not export its own.
    pub(crate) fn exports(&self, name: &str) -> bool {
        self.is_exported && (!self.is_default || name == DEFAULT)
    }
}

impl Module {
    pub(crate) fn statement_of(&self, name: &str) -> Option<usize> {
        self.names.declared.get(name).copied()
    }

    /// Whether the statement that declares the name exports it.
    pub(crate) fn exports_itself(&self, name: &str) -> bool {
        self.statement_of(name)
            .is_some_and(|index| self.statements[index].exports(name))
    }

    /// A part of it as errors show it: its first line, shortened.
    pub(crate) fn shown(&self, part: Range<usize>) -> String {
        shorten(&self.text[part])
    }

    /// Everything that it imports or exports from elsewhere.
    pub(super) fn specifiers(&self) -> BTreeSet<String> {
        let imports = self.imports.iter().map(|import| &import.specifier);
        let exports = self.exports.values().filter_map(|export| match export {
            Export::From { specifier, .. } => Some(specifier),
            Export::Local(_) => None,
        });
        let loads = self.loads.iter().map(|load| &load.specifier);
        let all = imports.chain(exports).chain(&self.stars).chain(loads);
        all.cloned().collect()
    }

    pub(crate) fn import_of(&self, local: &str) -> Option<(&Import, &ImportedName)> {
        let (import, name) = self.names.imported.get(local)?;
        let import = &self.imports[*import];
        Some((import, &import.names[*name]))
    }
}
