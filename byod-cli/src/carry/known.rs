//! What is known of main's functions before one of them is judged.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use byod_schema::{FunctionPath, FunctionType, Manifest};

use super::need::Source;
use super::reach::changed;
use super::signed_up::unclear;
use crate::owners::{self, callers, is_foreign};
use crate::source::{Caller, Component, Imported, Module, Place, Sources, Target};
use crate::touches::Analysis;

/// Convex's builders; those of `convex/server` end in `Generic`.
const BUILDERS: [&str; 6] = [
    "action",
    "internalAction",
    "internalMutation",
    "internalQuery",
    "mutation",
    "query",
];

/// What is known of main's functions, by which each is judged.
pub(crate) struct Carrier<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) manifest: &'a Manifest,
    /// What is known to be the owner's id: the members that are read of it.
    pub(super) owners: BTreeMap<Source, BTreeSet<Vec<String>>>,
    /// The tables of main that say who is signed up.
    pub(super) callers: BTreeSet<String>,
    /// Those in which main looks its caller up by different fields.
    pub(super) unclear: BTreeMap<String, BTreeSet<String>>,
    /// Main's tables of which users' deployments have copies.
    pub(super) mirrored: BTreeSet<String>,
    /// Main's functions, by where they are written.
    pub(super) defined: BTreeMap<Place, FunctionPath>,
    /// The components that main uses.
    pub(super) components: Vec<Component>,
    /// Those that a function uses which runs on main for everybody, each with that function;
    /// where it was asked for.
    pub(super) components_on_main: OnceCell<BTreeMap<String, FunctionPath>>,
    /// The statements whose values are changed somewhere.
    pub(super) changed: BTreeSet<Place>,
    /// Which tables main's functions and helpers touch.
    pub(super) analysis: Analysis<'a>,
    /// Which helpers main can run as they are, as far as it was asked for.
    pub(super) helpers: RefCell<BTreeMap<Place, bool>>,
    /// What loading a module is, as far as it was asked for.
    pub(super) loaded: RefCell<HashMap<String, Result<Rc<Loaded>, Reason>>>,
    /// What a module does when it is loaded, as far as it was asked for.
    pub(super) acts: RefCell<HashMap<String, Acts>>,
}

/// What loading a module is, whoever loads it: found once for all of its functions.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The module and all that are loaded with it, each with those that load it.
    pub(super) loaders: BTreeMap<String, Vec<String>>,
    /// What happens whatever is carried over.
    pub(super) effects: Vec<Place>,
    /// What happens, and matters where what it changes is carried over.
    pub(super) changing: Vec<(Place, Rc<Changes>)>,
    /// The same of modules that may be loaded or not: who imports types of which module.
    pub(super) unclear: Vec<(String, String, Rc<Changes>)>,
}

/// What a statement may change when its module is loaded.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// It does something whatever else is there.
    pub(super) always: bool,
    /// What it reaches of what is changed somewhere.
    pub(super) places: Vec<Place>,
}

impl Changes {
    pub(super) fn of(&self, carried: &BTreeSet<Place>) -> bool {
        self.always || self.places.iter().any(|place| carried.contains(place))
    }
}

/// The statements that do something then, by number.
pub(super) type Acts = Rc<[(usize, Rc<Changes>)]>;

pub(super) type Reason = String;

impl<'a> Carrier<'a> {
    pub(crate) fn new(sources: &'a Sources, manifest: &'a Manifest) -> Self {
        let functions = manifest.main.functions.keys();
        let mut carrier = Self {
            sources,
            manifest,
            owners: BTreeMap::new(),
            callers: callers(manifest),
            unclear: unclear(sources),
            mirrored: BTreeSet::new(),
            defined: functions
                .filter_map(|path| {
                    let (module, index) = sources.function(path)?;
                    Some(((module.name.clone(), index), path.clone()))
                })
                .collect(),
            components: sources.components(),
            components_on_main: OnceCell::new(),
            changed: changed(sources),
            analysis: Analysis::new(sources, manifest),
            helpers: RefCell::default(),
            loaded: RefCell::default(),
            acts: RefCell::default(),
        };
        for module in sources.modules.values() {
            for statement in &module.statements {
                for access in statement.facts.access.iter().filter(|a| a.is_owner) {
                    if let Some(source) = carrier.source(module, &access.caller) {
                        let known = carrier.owners.entry(source).or_default();
                        known.insert(access.path.clone());
                    }
                }
            }
        }
        carrier
    }

    /// The same, with what users' deployments have copies of.
    pub(crate) fn with_copies(sources: &'a Sources, manifest: &'a Manifest) -> Self {
        Self {
            mirrored: manifest.mirror.all(),
            ..Self::new(sources, manifest)
        }
    }

    /// The kind of the function that a statement defines.
    pub(crate) fn function_type(&self, module: &Module, index: usize) -> FunctionType {
        let path = self.defined.get(&(module.name.clone(), index));
        let function = path.and_then(|path| self.manifest.main.functions.get(path));
        function.map_or(FunctionType::Query, |function| function.function_type)
    }

    /// The kind of the functions that one of Convex's builders makes.
    pub(crate) fn kind_of(&self, module: &Module, builder: &str) -> FunctionType {
        let import = module.import_of(builder);
        let name = import.and_then(|(_, imported)| imported.imported.name());
        let name = name.unwrap_or_default().to_lowercase();
        match name {
            name if name.contains("mutation") => FunctionType::Mutation,
            name if name.contains("action") => FunctionType::Action,
            _ => FunctionType::Query,
        }
    }

    pub(crate) fn is_foreign(&self, table: &str) -> bool {
        self.manifest.main.schema.table(table).is_some()
            && is_foreign(table, &self.manifest.user_tables)
    }

    /// Whether users' deployments have nothing of the table.
    pub(super) fn is_away(&self, table: &str) -> bool {
        self.is_foreign(table) && !self.mirrored.contains(table)
    }

    pub(super) fn source(&self, module: &Module, caller: &Caller) -> Option<Source> {
        match caller {
            Caller::Identity => None,
            Caller::Context => Some(Source::Context),
            Caller::Lookup(table) => self
                .is_foreign(table)
                .then(|| Source::Lookup(table.clone())),
            Caller::Function(path) => Some(Source::Function(path.clone())),
            Caller::Helper(name) => {
                if module.statement_of(name).is_some() {
                    return Some(Source::Helper(module.name.clone(), name.clone()));
                }
                let (import, imported) = module.import_of(name)?;
                let imported = imported.imported.name()?;
                match self.sources.resolve(&module.name, &import.specifier) {
                    Target::Module(target) => {
                        let (module, name) = self.sources.origin(&target, imported)?;
                        Some(Source::Helper(module, name))
                    }
                    Target::Package(package) => Some(Source::Package(package, imported.to_owned())),
                    Target::Generated(_) => None,
                }
            }
        }
    }

    /// The members of the caller that a stub answers with; none for the id itself.
    ///
    /// Something that stands in an owner field once need not be the owner's id: where
    /// others do that are called as ids are, those count. Several others count for
    /// nothing.
    pub(crate) fn shape(&self, source: &Source) -> BTreeSet<Vec<String>> {
        let known = self.owners.get(source).cloned().unwrap_or_default();
        let members: BTreeSet<_> = known.iter().filter(|p| !p.is_empty()).cloned().collect();
        if members.is_empty() {
            return known;
        }
        let is_id = |path: &Vec<String>| {
            let last = path.last().map(String::as_str);
            last.is_some_and(|last| {
                matches!(last, "_id" | "subject")
                    || owners::subjects(self.manifest).any(|s| s == last)
            })
        };
        let ids: BTreeSet<_> = members.iter().filter(|path| is_id(path)).cloned().collect();
        match (ids.is_empty(), members.len()) {
            (false, _) => ids,
            (true, 1) => members,
            (true, _) => BTreeSet::new(),
        }
    }

    /// Whether the table says who is signed up.
    pub(crate) fn tells_callers(&self, table: &str) -> bool {
        self.callers.contains(table)
    }

    /// Whether the name is one of Convex's builders.
    pub(super) fn is_convex_builder(&self, module: &Module, builder: &str) -> bool {
        module.import_of(builder).is_some_and(|(import, imported)| {
            let Imported::Name(name) = &imported.imported else {
                return false;
            };
            match self.sources.resolve(&module.name, &import.specifier) {
                Target::Generated(file) => file == "server" && BUILDERS.contains(&name.as_str()),
                Target::Package(package) => {
                    let name = name.strip_suffix("Generic");
                    package == "convex/server" && name.is_some_and(|n| BUILDERS.contains(&n))
                }
                Target::Module(_) => false,
            }
        })
    }
}
