//! Which tables each function touches: what its own statement asks of the database, and
//! all that it reaches by names, wherever that is declared.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use byod_schema::{FunctionPath, Manifest, Validator};

use super::ids::Ids;
use crate::source::{Module, Operation, OperationOf, Origin, Place, Sources, Use};

/// What a function touches.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Touches {
    pub(crate) reads: BTreeSet<String>,
    pub(crate) writes: BTreeSet<String>,
    /// Those of them to which it adds documents, or may.
    pub(crate) inserts: BTreeSet<String>,
    /// Functions that it calls or schedules.
    pub(crate) functions: BTreeSet<FunctionPath>,
    /// Components that it uses.
    pub(crate) components: BTreeSet<String>,
    /// Why there may be more tables, in words that complete "it …".
    pub(crate) obscure: BTreeSet<String>,
}

impl Touches {
    pub(super) fn add(&mut self, other: &Self) {
        self.reads.extend(other.reads.iter().cloned());
        self.writes.extend(other.writes.iter().cloned());
        self.inserts.extend(other.inserts.iter().cloned());
        self.functions.extend(other.functions.iter().cloned());
        self.components.extend(other.components.iter().cloned());
        self.obscure.extend(other.obscure.iter().cloned());
    }

    pub(crate) fn tables(&self) -> BTreeSet<&str> {
        let all = self.reads.iter().chain(&self.writes);
        all.map(String::as_str).collect()
    }
}

/// All that is known of main's functions.
pub(crate) struct Analysis<'a> {
    pub(super) sources: &'a Sources,
    pub(super) manifest: &'a Manifest,
    pub(super) tables: BTreeSet<&'a str>,
    /// Whether documents have edges, as `convex-ents` gives them.
    has_ents: bool,
    pub(super) defined: BTreeMap<Place, Vec<&'a FunctionPath>>,
    /// Statements that change what another declares when their modules are loaded:
    /// `triggers.register(…)`.
    changers: BTreeMap<Place, BTreeSet<Place>>,
    /// What was found of a statement alone.
    own: RefCell<BTreeMap<Place, Rc<Own<'a>>>>,
    /// What was found of a function.
    found: RefCell<BTreeMap<FunctionPath, Rc<Touches>>>,
}

/// What a statement touches by itself, and where it leads.
#[derive(Default)]
pub(super) struct Own<'a> {
    pub(super) touches: Touches,
    /// What depends on what it is given.
    open: Vec<&'a Operation>,
    /// Whom it uses, and how.
    pub(super) next: Vec<(Place, &'a Use)>,
}

type Reached<'a> = BTreeMap<Place, Rc<Own<'a>>>;
type Users<'a> = BTreeMap<Place, Vec<(Place, &'a Use)>>;

impl<'a> Analysis<'a> {
    pub(crate) fn new(sources: &'a Sources, manifest: &'a Manifest) -> Self {
        let mut defined: BTreeMap<Place, Vec<&FunctionPath>> = BTreeMap::new();
        for path in manifest.main.functions.keys() {
            if let Some((module, index)) = sources.exported(&path.module, &path.name) {
                let place = (module.name.clone(), index);
                defined.entry(place).or_default().push(path);
            }
        }
        let mut changers: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
        for module in sources.modules.values() {
            for (index, statement) in module.statements.iter().enumerate() {
                let facts = &statement.facts;
                let acts = |name: &&String| statement.is_effect || facts.acting.contains(*name);
                for name in facts.changing.iter().filter(acts) {
                    if let Some((there, at)) = sources.declared(module, name) {
                        let of = changers.entry((there.name.clone(), at)).or_default();
                        of.insert((module.name.clone(), index));
                    }
                }
            }
        }
        Self {
            sources,
            manifest,
            tables: manifest.main.schema.table_names().collect(),
            has_ents: sources.modules.values().any(|module| {
                let mut imports = module.imports.iter();
                imports.any(|import| import.specifier == "convex-ents")
            }),
            defined,
            changers,
            own: RefCell::default(),
            found: RefCell::default(),
        }
    }

    /// What a function touches, without what it calls or schedules.
    fn direct(&self, path: &FunctionPath) -> Touches {
        let Some((module, index)) = self.sources.exported(&path.module, &path.name) else {
            let reason = "isn't found as it is written, so what it touches doesn't show";
            return Touches {
                obscure: [reason.to_owned()].into(),
                ..Touches::default()
            };
        };
        self.of_place(&(module.name.clone(), index)).0
    }

    /// What a statement touches with all that it reaches by names, without what it calls
    /// or schedules; and all that it reaches.
    pub(crate) fn of_place(&self, start: &Place) -> (Touches, BTreeSet<Place>) {
        let (reached, callers) = self.reached(start);
        let mut all = Touches::default();
        for (place, own) in &reached {
            all.add(&own.touches);
            for operation in &own.open {
                self.closed(place, operation, &callers, &mut all);
            }
        }
        (all, reached.into_keys().collect())
    }

    /// The tables of the ids by which the statement `at` reaches documents of which itself
    /// doesn't show it, by what it is given where `start` leads; none where it doesn't lead
    /// there, `None` where that doesn't show.
    pub(crate) fn tables_by_ids(&self, start: &Place, at: &Place) -> Option<BTreeSet<String>> {
        let (reached, callers) = self.reached(start);
        let mut all = Touches::default();
        for operation in reached.get(at).iter().flat_map(|own| &own.open) {
            self.closed(at, operation, &callers, &mut all);
        }
        let tables = || all.tables().into_iter().map(str::to_owned).collect();
        all.obscure.is_empty().then(tables)
    }

    /// All that a statement reaches by names, and who uses which of that.
    fn reached(&self, start: &Place) -> (Reached<'a>, Users<'a>) {
        let mut reached = Reached::new();
        let mut callers = Users::new();
        let mut todo = vec![start.clone()];
        while let Some(place) = todo.pop() {
            if reached.contains_key(&place) {
                continue;
            }
            let own = self.own(&place);
            for (next, by) in &own.next {
                let known = callers.entry(next.clone()).or_default();
                known.push((place.clone(), *by));
                todo.push(next.clone());
            }
            todo.extend(self.changers.get(&place).into_iter().flatten().cloned());
            reached.insert(place, own);
        }
        (reached, callers)
    }

    /// What a function touches, with all that it calls or schedules.
    pub(crate) fn total(&self, path: &FunctionPath) -> Touches {
        let mut all = Touches::default();
        let mut todo = vec![path.clone()];
        let mut seen = BTreeSet::from([path.clone()]);
        while let Some(next) = todo.pop() {
            if !self.manifest.main.functions.contains_key(&next) {
                let what = format!("calls or schedules `{next}`, which could not be read");
                all.obscure.insert(what);
                continue;
            }
            let direct = self.function(&next);
            todo.extend(
                direct
                    .functions
                    .iter()
                    .filter(|f| seen.insert((*f).clone()))
                    .cloned(),
            );
            all.add(&direct);
        }
        all.functions = seen;
        all.functions.remove(path);
        all
    }

    /// Whether there is no such function, for certain: to call it fails, here and there.
    fn is_nowhere(&self, path: &FunctionPath) -> bool {
        let module = self.sources.modules.get(&path.module);
        !self.manifest.main.functions.contains_key(path)
            && module.is_some_and(|module| {
                !module.text.contains(&path.name) && !module.text.contains("export *")
            })
    }

    /// As [`Analysis::direct`], found once.
    pub(crate) fn function(&self, path: &FunctionPath) -> Rc<Touches> {
        if let Some(known) = self.found.borrow().get(path) {
            return Rc::clone(known);
        }
        let found = Rc::new(self.direct(path));
        self.found
            .borrow_mut()
            .insert(path.clone(), Rc::clone(&found));
        found
    }

    /// What an operation touches by what its function is given where it is called.
    fn closed(&self, place: &Place, operation: &Operation, callers: &Users<'a>, all: &mut Touches) {
        let Some(module) = self.sources.modules.get(&place.0) else {
            return;
        };
        let mut found = BTreeSet::new();
        let is_known = self.given(place, callers, 0).is_some_and(|given| {
            !given.is_empty()
                && given.into_iter().all(|given| {
                    let ids = self.ids(module, place, given);
                    let tables = tables(&ids, &operation.of);
                    let is_known = tables.is_some();
                    found.extend(tables.unwrap_or_default());
                    is_known
                })
        });
        if !is_known {
            all.obscure.insert(unclear(module, place.1, operation));
        }
        note(all, Does::of(operation), found);
    }

    /// What the function of a place is given, wherever it is called; `None` where that
    /// doesn't show.
    fn given(
        &self,
        place: &Place,
        callers: &Users<'a>,
        depth: usize,
    ) -> Option<Vec<Vec<Option<Validator>>>> {
        let mut found: Vec<Vec<Option<Validator>>> = Vec::new();
        for (from, by) in callers.get(place).into_iter().flatten() {
            let given = by.given.as_ref()?;
            // By itself, it may be given what it was given.
            let is_same = |(i, origin): (usize, &Origin)| *origin == Origin::Parameter(i);
            let is_own = from == place;
            if is_own
                && given
                    .iter()
                    .enumerate()
                    .all(|(i, o)| is_same((i, o)) || !o.is_id())
            {
                continue;
            }
            let module = self.sources.modules.get(&from.0)?;
            let around = if given.iter().any(Origin::has_parameter) && depth < 6 && !is_own {
                self.given(from, callers, depth + 1)?
            } else {
                vec![Vec::new()]
            };
            for around in around {
                let ids = self.ids(module, from, around);
                let one: Vec<_> = given.iter().map(|origin| ids.value(origin)).collect();
                if !found.contains(&one) {
                    found.push(one);
                }
                if found.len() > 64 {
                    return None;
                }
            }
        }
        Some(found)
    }

    pub(super) fn ids<'b>(
        &'b self,
        module: &'b Module,
        place: &Place,
        given: Vec<Option<Validator>>,
    ) -> Ids<'b> {
        // Several functions of one statement have arguments of their own each.
        let path = match self.defined.get(place).map(Vec::as_slice) {
            Some([path]) => Some(*path),
            Some(paths) => {
                let args =
                    |path: &FunctionPath| Some(&self.manifest.main.functions.get(path)?.args);
                let first = paths.first().copied();
                first.filter(|first| paths.iter().all(|path| args(path) == args(first)))
            }
            None => None,
        };
        Ids::new(self.sources, &self.manifest.main, module, path, given)
    }

    fn own(&self, place: &Place) -> Rc<Own<'a>> {
        if let Some(known) = self.own.borrow().get(place) {
            return Rc::clone(known);
        }
        let own = Rc::new(self.read(place));
        let mut known = self.own.borrow_mut();
        Rc::clone(known.entry(place.clone()).or_insert(own))
    }

    fn read(&self, place: &Place) -> Own<'a> {
        let mut own = Own::default();
        let Some(module) = self.sources.modules.get(&place.0) else {
            return own;
        };
        let statement = &module.statements[place.1];
        let touching = &statement.facts.touching;
        own.touches.obscure.extend(touching.obscure.iter().cloned());
        own.touches
            .components
            .extend(touching.components.iter().cloned());
        let functions = statement.facts.functions.iter();
        own.touches.functions.extend(
            functions
                .map(|f| &f.path)
                .filter(|f| !self.is_nowhere(f))
                .cloned(),
        );
        for problem in &statement.facts.problems {
            let is_open = ["uses `internal`", "uses `api`", "imports while it runs"];
            if is_open.iter().any(|open| problem.starts_with(open)) {
                own.touches.obscure.insert(problem.clone());
            }
        }
        let facts = &statement.facts;
        for (global, is_open) in [
            ("eval", true),
            ("Function", true),
            ("require", facts.requires_more),
        ] {
            if is_open && facts.globals.contains(global) {
                let what = format!("uses `{global}`, by which anything can be reached");
                own.touches.obscure.insert(what);
            }
        }
        let ids = self.ids(module, place, Vec::new());
        for operation in &touching.operations {
            match &operation.of {
                OperationOf::Perhaps(name) if !self.tables.contains(name.as_str()) => continue,
                OperationOf::Edge(_) if !self.has_ents => continue,
                OperationOf::Edge(name) if !self.tables.contains(name.as_str()) => {
                    let what = format!(
                        "follows an edge whose table doesn't show: `{}`",
                        operation.shown
                    );
                    own.touches.obscure.insert(what);
                    continue;
                }
                _ => {}
            }
            match tables(&ids, &operation.of) {
                Some(found) => note(&mut own.touches, Does::of(operation), found),
                None => own.open.push(operation),
            }
        }
        for used in &touching.uses {
            self.follow(module, used, &mut own);
        }
        self.made(module, place, &mut own);
        own
    }
}

/// The tables of an operation, where they show.
fn tables(ids: &Ids<'_>, of: &OperationOf) -> Option<BTreeSet<String>> {
    match of {
        OperationOf::Perhaps(name) | OperationOf::Edge(name) => Some([name.clone()].into()),
        OperationOf::Table(named) => ids.named(named),
        OperationOf::Id(id) => ids.shown(id),
    }
}

/// What is done with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Read,
    /// Documents that are there are changed or deleted.
    Change,
    /// Documents are added, or may be.
    Add,
}

impl Does {
    fn of(operation: &Operation) -> Self {
        match operation.writes {
            false => Self::Read,
            true if operation.inserts => Self::Add,
            true => Self::Change,
        }
    }

    /// Where it doesn't show in which way something is written.
    pub(super) fn at_most(writes: bool) -> Self {
        if writes { Self::Add } else { Self::Read }
    }
}

/// Convex's own tables are on both sides.
pub(super) fn note(touches: &mut Touches, does: Does, tables: BTreeSet<String>) {
    let own = tables.into_iter().filter(|table| !table.starts_with('_'));
    match does {
        Does::Read => touches.reads.extend(own),
        Does::Change => touches.writes.extend(own),
        Does::Add => {
            for table in own {
                touches.inserts.insert(table.clone());
                touches.writes.insert(table);
            }
        }
    }
}

fn unclear(module: &Module, index: usize, operation: &Operation) -> String {
    let name = module.statements[index].names.first();
    let at = name.map_or(module.name.clone(), |name| {
        format!("{}:{name}", module.name)
    });
    let fix = match operation.of {
        OperationOf::Table(_) => "name it as a text, or by a type that is a union of texts",
        _ => "write `\"table\", ` before the id, or give it the type `Id<\"table\">`",
    };
    format!(
        "doesn't show which table `{}` in `{at}` is about: {fix}",
        operation.shown
    )
}
