//! What has to be there for a function to run on users' deployments.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::FunctionPath;

use super::for_main::Leaves;
use crate::source::Place;

/// Who main asks for the caller, wherever it is asked from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// Members that builders add to `ctx`.
    Context,
    /// A function of a module: its module and name.
    Helper(String, String),
    /// A function of a package: its specifier and name.
    Package(String, String),
    /// A Convex function.
    Function(FunctionPath),
    /// The document of a table of main that the caller's identity leads to.
    Lookup(String),
}

/// A component of a package.
#[derive(Clone, Debug)]
pub(crate) struct Mounted {
    /// As main's `convex.config.ts` imports it.
    pub(crate) specifier: String,
    pub(crate) package: String,
    /// What the package calls it.
    pub(crate) own_name: &'static str,
    /// Whether the package says what type the component is of.
    pub(crate) has_type: bool,
}

/// What has to be there for a function to run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Need {
    pub(crate) statements: BTreeSet<Place>,
    /// Convex functions among them.
    pub(crate) functions: BTreeSet<FunctionPath>,
    /// What is replaced by something that answers with the owner.
    pub(crate) stubs: BTreeSet<Source>,
    /// Members that builders add to `ctx`.
    pub(crate) context: BTreeSet<Vec<String>>,
    /// Main's builders in whose place byod's are, by module and name.
    pub(crate) builders: BTreeSet<(String, String)>,
    /// Those of them whose functions' databases set off triggers, and the names of these.
    pub(crate) triggered: BTreeMap<(String, String), String>,
    /// Modules that do something when they are loaded, and those that load them.
    pub(crate) loads: BTreeSet<String>,
    /// The modules of those functions.
    pub(crate) opened: BTreeSet<String>,
    /// Packages beside Convex's own, and what main's `package.json` asks for.
    pub(crate) packages: BTreeMap<String, String>,
    /// Components, by the names under which functions find them.
    pub(crate) components: BTreeMap<String, Mounted>,
    /// What they leave for main.
    pub(crate) leaves: Leaves,
    /// Main's tables of which it reads copies.
    pub(crate) mirror: BTreeSet<String>,
    /// Statements that look the caller up in such a copy.
    pub(crate) looking: BTreeSet<Place>,
    /// Statements that reach documents by ids of which only who gives them shows the table,
    /// each with what is wrong where that doesn't show either.
    pub(crate) unclear: BTreeMap<Place, String>,
}

impl Need {
    /// The modules that are written for it.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &str> {
        let stubs = self.stubs.iter().filter_map(|stub| match stub {
            Source::Helper(module, _) => Some(module),
            Source::Function(path) => Some(&path.module),
            _ => None,
        });
        let statements = self.statements.iter().map(|(module, _)| module);
        let helpers = self.leaves.helpers.keys().map(|(module, _)| module);
        let all = statements.chain(&self.loads).chain(stubs).chain(helpers);
        all.map(String::as_str)
    }

    pub(crate) fn add(&mut self, other: Need) {
        self.statements.extend(other.statements);
        self.functions.extend(other.functions);
        self.stubs.extend(other.stubs);
        self.context.extend(other.context);
        self.builders.extend(other.builders);
        self.triggered.extend(other.triggered);
        self.loads.extend(other.loads);
        self.opened.extend(other.opened);
        self.packages.extend(other.packages);
        self.components.extend(other.components);
        self.leaves.add(other.leaves);
        self.mirror.extend(other.mirror);
        self.looking.extend(other.looking);
        self.unclear.extend(other.unclear);
    }
}
