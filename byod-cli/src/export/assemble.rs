//! Puts the modules together: carried statements, what stands where main asks for the
//! caller, and what has to be imported for them.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionType, Injection, Manifest};

use super::imports::{Imports, Order, named, relative};
use super::item::{Item, Reexport};
use super::support;
use crate::carry::{Carrier, Need, Source, is_server_type, out_name};
use crate::owners::is_foreign;
use crate::source::{Imported, LoadKind, Module, Statement, Target};

pub(crate) const HEADER: &str = "// Written by `byod export`.\n\n";

/// The texts of all modules that something is carried over to or written into.
pub(crate) fn texts(
    carrier: &Carrier<'_>,
    need: &Need,
    items: BTreeMap<String, Vec<Item>>,
    mut exports: BTreeMap<String, Vec<Reexport>>,
) -> BTreeMap<String, String> {
    for path in &need.functions {
        let origin = carrier.sources.origin(&path.module, &path.name);
        let Some((from, local)) = origin else {
            continue;
        };
        let module = carrier.sources.modules.get(&from);
        let is_there = from == path.module
            && local == path.name
            && module.is_some_and(|module| module.exports_itself(&local));
        if !is_there {
            let name = if local == path.name {
                local
            } else {
                format!("{local} as {}", path.name)
            };
            let reexports = exports.entry(path.module.clone()).or_default();
            reexports.push(Reexport { from, name });
        }
    }
    // By what is exported of the module itself; `imported` has each name once.
    let own = exports.iter().flat_map(|(module, all)| {
        let own = all.iter().filter(move |export| export.from == *module);
        own.map(|export| (export.from.clone(), export.name.clone()))
    });
    let known: BTreeSet<(String, String)> = own.collect();
    for (from, name) in imported(carrier, need) {
        let reexports = exports.entry(from.clone()).or_default();
        if !known.contains(&(from.clone(), name.clone())) {
            reexports.push(Reexport { from, name });
        }
    }
    let mut names: BTreeSet<String> = need.statements.iter().map(|(m, _)| m.clone()).collect();
    names.extend(items.keys().cloned());
    names.extend(exports.keys().cloned());
    names.extend(need.loads.iter().cloned());
    names.extend(need.stubs.iter().filter_map(|stub| match stub {
        Source::Helper(module, _) => Some(module.clone()),
        Source::Function(path) => Some(path.module.clone()),
        _ => None,
    }));
    names.extend(need.leaves.helpers.keys().map(|(module, _)| module.clone()));
    let mut items = items;
    names
        .into_iter()
        .filter_map(|name| {
            let module = carrier.sources.modules.get(&name);
            let builder = Builder {
                carrier,
                need,
                module,
                name: name.clone(),
                out: out_name(&name),
                imports: Imports::default(),
            };
            let own = exports.get(&name).map_or(&[][..], Vec::as_slice);
            let text = builder.text(items.remove(&name).unwrap_or_default(), own);
            text.map(|text| (out_name(&name), text))
        })
        .collect()
}

/// What carried statements import that is exported apart from its declaration: its
/// module and name there.
fn imported(carrier: &Carrier<'_>, need: &Need) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (module, index) in &need.statements {
        let Some(module) = carrier.sources.modules.get(module) else {
            continue;
        };
        for name in &module.statements[*index].facts.names {
            let origin = module.import_of(name).and_then(|(import, imported)| {
                let Target::Module(target) =
                    carrier.sources.resolve(&module.name, &import.specifier)
                else {
                    return None;
                };
                carrier.sources.origin(&target, imported.imported.name()?)
            });
            let Some((from, local)) = origin else {
                continue;
            };
            let declared = carrier.sources.modules.get(&from).and_then(|declaring| {
                let index = declaring.statement_of(&local)?;
                Some((declaring, index))
            });
            let is_apart = declared.is_some_and(|(declaring, index)| {
                need.statements.contains(&(from.clone(), index))
                    && !declaring.statements[index].exports(&local)
            });
            if is_apart {
                found.insert((from, local));
            }
        }
    }
    found
}

pub(super) struct Builder<'a, 'c> {
    pub(super) carrier: &'a Carrier<'c>,
    pub(super) need: &'a Need,
    module: Option<&'a Module>,
    pub(super) name: String,
    out: String,
    pub(super) imports: Imports,
}

/// A text with its place in main's module.
pub(super) struct Piece {
    pub(super) at: usize,
    /// The next one follows without a blank line, as in main.
    pub(super) text: String,
    pub(super) statement: Option<usize>,
}

impl Builder<'_, '_> {
    fn text(mut self, items: Vec<Item>, exports: &[Reexport]) -> Option<String> {
        let mut pieces = self.carried();
        for stub in &self.need.stubs {
            pieces.extend(self.stub(stub));
        }
        pieces.extend(self.helpers());
        pieces.extend(self.triggered());
        self.import_loaded();
        for item in items {
            pieces.push(Piece {
                at: self.place(&item.name),
                text: item.text,
                statement: None,
            });
        }
        let imports = self.imports.print();
        if pieces.is_empty() && exports.is_empty() && imports.is_empty() {
            return None;
        }
        pieces.sort_by_key(|piece| piece.at);
        let mut text = String::from(HEADER);
        text.push_str(&imports);
        if !imports.is_empty() {
            text.push('\n');
        }
        let mut sources: BTreeMap<&String, Vec<String>> = BTreeMap::new();
        for export in exports {
            let names = sources.entry(&export.from).or_default();
            names.push(export.name.clone());
        }
        for (source, names) in &sources {
            let from = (**source != self.name).then(|| relative(&self.out, &out_name(source)));
            text.push_str(&named("export", names.clone(), from.as_deref()));
        }
        if !sources.is_empty() {
            text.push('\n');
        }
        for (i, piece) in pieces.iter().enumerate() {
            if i > 0 {
                text.push_str(if self.are_together(&pieces[i - 1], piece) {
                    "\n"
                } else {
                    "\n\n"
                });
            }
            text.push_str(&piece.text);
        }
        let mut text = text.trim_end().to_owned() + "\n";
        let is_module = |line: &str| line.starts_with("import") || line.starts_with("export");
        // All is missing: `tsc` and `npx convex` take a file for a module all the same.
        if !text.lines().any(is_module) {
            text.push_str("\nexport {};\n");
        }
        Some(text)
    }

    /// Whether main has the two statements on following lines.
    fn are_together(&self, a: &Piece, b: &Piece) -> bool {
        let (Some(module), Some(a), Some(b)) = (self.module, a.statement, b.statement) else {
            return false;
        };
        let (from, to) = (
            module.statements[a].span.end,
            module.statements[b].span.start,
        );
        b == a + 1 && module.text[from..to].matches('\n').count() < 2
    }

    pub(super) fn place(&self, name: &str) -> usize {
        let of = |module: &Module| {
            let index = module.statement_of(name)?;
            Some(module.statements[index].span.start)
        };
        self.module.and_then(of).unwrap_or(usize::MAX)
    }

    fn carried(&mut self) -> Vec<Piece> {
        let Some(module) = self.module else {
            return Vec::new();
        };
        let indexes: Vec<usize> = self
            .need
            .statements
            .range((self.name.clone(), 0)..)
            .take_while(|(name, _)| *name == self.name)
            .map(|(_, index)| *index)
            .collect();
        let mut pieces = Vec::new();
        for index in indexes {
            let statement = &module.statements[index];
            self.import_used(module, statement);
            pieces.push(Piece {
                at: statement.span.start,
                text: self.edited(module, index),
                statement: Some(index),
            });
        }
        pieces
    }

    /// The statement as it is on users' deployments.
    fn edited(&mut self, module: &Module, index: usize) -> String {
        let statement = &module.statements[index];
        let tables = &self.carrier.manifest.user_tables;
        let facts = &statement.facts;
        let mut edits: Vec<(std::ops::Range<usize>, &str)> = Vec::new();
        let is_looking = self.need.looking.contains(&(module.name.clone(), index));
        let copies = self.carrier.copies_reached(module, index);
        let named = copies.iter().map(|(at, table)| (*at..*at, table.as_str()));
        edits.extend(named);
        let owners: Vec<(std::ops::Range<usize>, String)> = facts
            .lookups
            .iter()
            .filter(|lookup| is_foreign(&lookup.table, tables))
            .filter(|_| !is_looking)
            .map(|lookup| {
                let shape = self.carrier.shape(&Source::Lookup(lookup.table.clone()));
                let answer = support::answer(&shape, &lookup.context);
                let text = if lookup.is_whole || !answer.starts_with('{') {
                    answer
                } else {
                    format!("({answer})")
                };
                (lookup.span.clone(), text)
            })
            .collect();
        edits.extend(
            owners
                .iter()
                .map(|(span, text)| (span.clone(), text.as_str())),
        );
        let definition = statement.definition.iter();
        let definition = definition.map(|of| (of, self.carrier.function_type(module, index)));
        let made = self.carrier.made_by(module, statement);
        let made = made.map(|of| (of, self.carrier.kind_of(module, &of.builder)));
        let definitions: Vec<_> = definition
            .chain(made)
            .map(|(of, function_type)| {
                let none = of.without_args.as_ref();
                let none = none.map(|(at, before)| (*at, format!("{before}args: {{}},")));
                (of, function_type, none)
            })
            .collect();
        for (span, table) in &facts.ids {
            if is_foreign(table, tables) {
                edits.push((span.clone(), "v.string()"));
            }
        }
        for (span, table) in &facts.id_types {
            if is_foreign(table, tables) {
                edits.push((span.clone(), "string"));
            }
        }
        for function in facts.functions.iter().filter(|f| f.is_api) {
            edits.push((function.root.clone(), "internal"));
        }
        if let Some(span) = self.typed_triggers(module, index) {
            edits.push((span, "<any, any>"));
        }
        let on_main = self.on_main(module, index);
        edits.extend(
            on_main
                .iter()
                .map(|(span, text)| (span.clone(), text.as_str())),
        );
        for (definition, function_type, none) in &definitions {
            if !self.is_triggered(module, &definition.builder) {
                let builder = support::builder(*function_type);
                self.import_owner(builder, false);
                edits.push((definition.builder_span.clone(), builder));
            }
            if let Some((at, none)) = none {
                edits.push((*at..*at, none));
            }
            let manifest = self.carrier.manifest;
            if *function_type == FunctionType::Mutation && has_times(manifest) {
                let own = |span: &&std::ops::Range<usize>| definition.span.contains(&span.start);
                let clock = facts.clock.iter().filter(own);
                edits.extend(clock.map(|span| (span.clone(), "ctx.time()")));
            }
        }
        edits.sort_by_key(|(span, _)| span.start);
        let mut text = String::new();
        let mut at = statement.span.start;
        for (span, replacement) in edits {
            if span.start < at {
                continue;
            }
            text.push_str(&module.text[at..span.start]);
            text.push_str(replacement);
            at = span.end;
        }
        text.push_str(&module.text[at..statement.span.end]);
        text
    }

    /// What main's module loads that does something, in main's order.
    fn import_loaded(&mut self) {
        let Some(module) = self.module else {
            return;
        };
        for load in module.loads.iter().filter(|l| l.kind != LoadKind::Unclear) {
            let target = self.carrier.sources.resolve(&module.name, &load.specifier);
            if let Target::Module(target) = target
                && self.need.loads.contains(&target)
                && target != self.name
            {
                self.imports.load(relative(&self.out, &out_name(&target)));
            }
        }
    }

    fn import_used(&mut self, module: &Module, statement: &Statement) {
        let made = self.carrier.made_by(module, statement);
        let builders: BTreeSet<&str> = statement
            .definition
            .iter()
            .chain(made)
            .map(|definition| definition.builder.as_str())
            .filter(|builder| !self.is_triggered(module, builder))
            .collect();
        let tables = &self.carrier.manifest.user_tables;
        let ids = &statement.facts.id_types;
        // All of them have become `string`.
        let no_ids = !ids.is_empty() && ids.iter().all(|(_, table)| is_foreign(table, tables));
        let functions = &statement.facts.functions;
        let no_functions =
            !functions.is_empty() && functions.iter().all(|f| self.is_left_for_main(f));
        for name in &statement.facts.names {
            if builders.contains(name.as_str()) || (no_ids && name == "Id") {
                continue;
            }
            // All of them have become texts.
            if no_functions && matches!(name.as_str(), "internal" | "api") {
                continue;
            }
            let Some((import, imported)) = module.import_of(name) else {
                continue;
            };
            let type_only = import.type_only || imported.type_only;
            let original = match &imported.imported {
                Imported::Name(original) => original.clone(),
                Imported::Default => "default".to_owned(),
                Imported::Namespace => "*".to_owned(),
            };
            let shown = if original == *name {
                name.clone()
            } else {
                format!("{original} as {name}")
            };
            match self
                .carrier
                .sources
                .resolve(&module.name, &import.specifier)
            {
                Target::Generated(file) => {
                    if file == "server" && is_server_type(&original) && original.ends_with("Ctx") {
                        self.import_owner(&shown, true);
                    } else {
                        let internal = shown == "api";
                        let shown = if internal { "internal" } else { &shown };
                        let path = relative(&self.out, &format!("_generated/{file}"));
                        self.imports.add(Order::Project, &path, shown, type_only);
                    }
                }
                Target::Package(package) => {
                    let stub = Source::Package(package.clone(), original.clone());
                    if self.need.stubs.contains(&stub) {
                        let path = relative(&self.out, "byod/caller");
                        self.imports.add(Order::Project, &path, &shown, false);
                    } else {
                        self.imports
                            .add(Order::Package, &package, &shown, type_only);
                    }
                }
                // The users' schema.
                Target::Module(target)
                    if target == "schema" && imported.imported == Imported::Default =>
                {
                    let path = relative(&self.out, "schema");
                    self.imports.add(Order::Project, &path, &shown, type_only);
                }
                Target::Module(target) => {
                    if let Some((origin, local)) = self.carrier.sources.origin(&target, &original) {
                        let shown = if local == *name {
                            local
                        } else {
                            format!("{local} as {name}")
                        };
                        let path = relative(&self.out, &out_name(&origin));
                        self.imports.add(Order::Project, &path, &shown, type_only);
                    }
                }
            }
        }
    }

    pub(super) fn import_owner(&mut self, name: &str, type_only: bool) {
        let path = relative(&self.out, "byod/owner");
        self.imports.add(Order::Project, &path, name, type_only);
    }
}

fn has_times(manifest: &Manifest) -> bool {
    manifest.inject.values().any(|i| *i == Injection::Now)
}
