//! Decides for every function how it gets to users' deployments, and gathers the
//! files of their project.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{
    Deployments, Function, FunctionPath, Injection, Location, Manifest, Validator, Visibility,
    table_of_module,
};
use serde::Serialize;

use super::assemble;
use super::bundling::Bundling;
use super::components;
use super::item::{Item, Reexport};
use super::mirror;
use super::moving;
use super::outbox;
use super::schema::{self, ForeignId};
use super::settled;
use super::stubs;
use super::support;
use super::tables;
use crate::carry::{self, Carrier, Carriers, Leaves, Mounted, Need, Source, Travelling};
use crate::owners::{self, is_foreign};
use crate::source::Sources;

/// The project of users' deployments, as it should be.
#[derive(Debug)]
pub(crate) struct Plan {
    /// By path below the Convex folder.
    pub(crate) files: BTreeMap<String, String>,
    /// Every module, with those that people wrote.
    pub(crate) modules: BTreeSet<String>,
    pub(crate) functions: Vec<FunctionReport>,
    /// What each carried function needs.
    pub(crate) needs: BTreeMap<FunctionPath, Need>,
    /// What main has in whose place byod's own stands.
    pub(crate) stubs: Vec<String>,
    pub(crate) ids_as_strings: Vec<ForeignId>,
    /// What it needs beside Convex's own package, at main's versions.
    pub(crate) packages: BTreeMap<String, String>,
    pub(crate) components: BTreeMap<String, Mounted>,
    pub(crate) notes: Vec<String>,
    /// What can't be carried over, though it looked as if it could.
    pub(crate) rejected: Rejected,
    /// What functions leave for main.
    pub(crate) leaves: Leaves,
    /// What is brought there of main's documents.
    pub(crate) travelling: Travelling,
    /// Main's `package.json`, where there is one.
    pub(crate) main_package: Option<serde_json::Value>,
    /// What main's `tsconfig.json` has the bundler make of its code.
    pub(crate) bundling: Bundling,
}

/// What became of one of main's functions.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionReport {
    pub(crate) function: String,
    #[serde(flatten)]
    pub(crate) fate: Fate,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub(crate) enum Fate {
    /// Main's own code.
    Carried,
    /// A person wrote it, in `custom/`.
    Custom,
    /// Not there.
    Missing { reason: String },
}

const NOT_FOUND: &str = "could not be read";

/// What can't be carried over, though it looked as if it could, and why.
pub(crate) type Rejected = BTreeMap<FunctionPath, String>;

pub(crate) fn plan(
    manifest: &Manifest,
    sources: &Sources,
    custom: &Sources,
    wanted: &BTreeSet<FunctionPath>,
    rejected: &Rejected,
) -> Plan {
    let carriers = Carriers::new(sources, manifest);
    let carrier = carriers.widest();
    let is_written = |path: &FunctionPath| {
        let module = custom.modules.get(&format!("custom/{}", path.module));
        module.is_some_and(|module| module.exports.contains_key(&path.name))
    };
    // What main exports by other modules too is the same there.
    let persons = |path: &FunctionPath| {
        let origin = sources.origin(&path.module, &path.name);
        let origin = origin.map(|(module, name)| FunctionPath::new(module, name));
        let mut all = [Some(path.clone()), origin].into_iter().flatten();
        all.find(is_written)
    };
    let fit = wanted.iter().filter(|path| {
        let function = manifest.main.functions.get(*path);
        !rejected.contains_key(*path)
            && persons(path).is_none()
            && carry::is_taken(&path.module).is_none()
            && function.is_some_and(|function| takes_owner(manifest, function).is_ok())
    });
    let mut judged = carriers.judge(fit);
    let is_shared = manifest.ownership.deployments == Deployments::Shared;
    let mut need = Need::default();
    let mut needs = BTreeMap::new();
    let mut functions = Vec::new();
    let mut notes = Vec::new();
    let mut items: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    let mut exports: BTreeMap<String, Vec<Reexport>> = BTreeMap::new();
    let wanted = wanted
        .iter()
        .filter_map(|path| Some((path, manifest.main.functions.get(path)?)));
    for (path, function) in wanted {
        if function.visibility == Visibility::Internal {
            // What main's functions ask of it there; if it can't be, nobody misses it.
            if let Some(Ok(needed)) = judged.remove(path) {
                needs.insert(path.clone(), needed.clone());
                need.add(needed);
            }
            continue;
        }
        if let Some(reason) = carry::is_taken(&path.module) {
            functions.push(FunctionReport {
                function: path.to_string(),
                fate: Fate::Missing { reason },
            });
            continue;
        }
        let fate = if let Some(written) = persons(path) {
            let name = match written.name == path.name {
                true => path.name.clone(),
                false => format!("{} as {}", written.name, path.name),
            };
            exports
                .entry(path.module.clone())
                .or_default()
                .push(Reexport {
                    from: format!("custom/{}", written.module),
                    name,
                });
            if !asks_for_the_claim(custom, &written) {
                notes.push(format!(
                    "`{path}` of custom/ is not seen to be made by `ownerQuery`, `ownerMutation` or `ownerAction` of byod/owner: such a function asks nobody whose the deployment is, and reaches all that is there"
                ));
            }
            Fate::Custom
        } else {
            let judged = match (takes_owner(manifest, function), rejected.get(path)) {
                (Err(reason), _) => Err(reason),
                (Ok(()), Some(reason)) => Err(reason.clone()),
                (Ok(()), None) => judged
                    .remove(path)
                    .unwrap_or_else(|| Err(NOT_FOUND.to_owned())),
            };
            match judged {
                Ok(needed) => {
                    needs.insert(path.clone(), needed.clone());
                    need.add(needed);
                    Fate::Carried
                }
                Err(reason) => {
                    let item = Item::missing(path, &reason);
                    items.entry(path.module.clone()).or_default().push(item);
                    Fate::Missing { reason }
                }
            }
        };
        let is_there = !matches!(fate, Fate::Missing { .. });
        if is_there
            && function.args.as_object().is_some_and(|args| {
                let mut subjects = manifest.inject.iter();
                subjects.any(|(name, i)| *i == Injection::Subject && args.get(name).is_some())
            })
        {
            notes.push(format!(
                "`{path}` is told the owner by the service: on users' deployments that is the session's user, and a call that names somebody else is refused before it is sent"
            ));
        }
        functions.push(FunctionReport {
            function: path.to_string(),
            fate,
        });
    }
    // A module of which nothing is there needs no file, unless it is a table's own.
    items.retain(|module, _| {
        let table = table_of_module(module);
        let is_there = |path: &FunctionPath| path.module == *module;
        manifest.location(table) == Some(Location::User)
            || exports.contains_key(module)
            || need.functions.iter().any(is_there)
    });
    for table in schema::user_tables(manifest) {
        notes.extend(owners::sometimes_owned(manifest, table));
    }
    notes.extend(unused(manifest, custom, &functions));
    notes.extend(carrier.given_away(&need));
    if is_shared {
        notes.extend(files(sources, &need));
    }

    let travelling = carrier.travelling(needs.values(), custom);
    notes.extend(handed_on(manifest, &travelling));

    let mut texts = assemble::texts(carrier, &need, items, exports);
    if is_shared {
        for (module, text) in &mut texts {
            *text = settled::held(module, text);
        }
    }
    texts.insert("functions".to_owned(), support::FUNCTIONS.to_owned());
    texts.insert("byod/owner".to_owned(), {
        let copied = copied(manifest, &travelling);
        let text = support::owner(manifest, &need.context, copied.as_ref());
        let text = match need.leaves.is_empty() {
            true => text,
            false => outbox::with_outbox(&text),
        };
        match need.components.is_empty() {
            true => text,
            false => components::with_components(&text),
        }
    });
    if !need.leaves.is_empty() {
        texts.insert(outbox::MODULE.to_owned(), outbox::of_users(manifest));
    }
    texts.insert("byod/tables".to_owned(), tables::tables(manifest));
    for (module, text) in support::guards(manifest.ownership.deployments) {
        texts.insert(module.to_owned(), text.to_owned());
    }
    if sources.has_server() {
        texts.insert("byod/files".to_owned(), support::FILES.to_owned());
        texts.insert("byod/search".to_owned(), support::SEARCH.to_owned());
    }
    if is_shared {
        texts.insert("byod/settled".to_owned(), support::SETTLED.to_owned());
    }
    if owners::key(manifest).is_some() {
        let text = support::IDEMPOTENCY.to_owned();
        texts.insert("byod/idempotency".to_owned(), text);
    }
    if !travelling.tables.is_empty() {
        let text = mirror::copies(manifest, &travelling);
        texts.insert("byod/copies".to_owned(), text);
        texts.insert("byod/mirror".to_owned(), mirror::MIRROR.to_owned());
    }
    if manifest.moves.is_some() {
        texts.insert(moving::MODULE.to_owned(), moving::of_users(manifest));
    }
    if let Some(text) = package_stubs(carrier, &need) {
        texts.insert("byod/caller".to_owned(), text);
    }
    let mut modules: BTreeSet<String> = texts.keys().cloned().collect();
    modules.insert("byod/version".to_owned());
    modules.extend(custom.modules.keys().cloned());
    let mut files: BTreeMap<String, String> = texts
        .into_iter()
        .map(|(module, text)| (format!("{module}.ts"), text))
        .collect();
    let text = schema::text(manifest, &travelling, &need.leaves);
    files.insert("schema.ts".to_owned(), text);
    if !need.components.is_empty() {
        let text = components::config(&need.components);
        files.insert("convex.config.ts".to_owned(), text);
    }
    Plan {
        files,
        modules,
        functions,
        needs,
        stubs: stubs(carrier, &need),
        ids_as_strings: schema::foreign_ids(manifest),
        packages: need.packages,
        components: need.components,
        notes,
        rejected: Rejected::new(),
        leaves: need.leaves,
        travelling,
        main_package: None,
        bundling: Bundling::default(),
    }
}

/// What there is of main's documents, where there are any.
fn copied(manifest: &Manifest, travelling: &Travelling) -> Option<support::Copied> {
    let callers = owners::callers(manifest);
    let mut tables = travelling.tables.keys();
    (!travelling.tables.is_empty()).then(|| support::Copied {
        caller: tables.find(|table| callers.contains(*table)).cloned(),
    })
}

/// The tables of which a function hands whole documents on: all of them travel.
fn handed_on(manifest: &Manifest, travelling: &Travelling) -> Vec<String> {
    let told = travelling.whole.iter().map(|table| {
        let never = manifest.main.schema.table(table).and_then(|declared| {
            let fields = declared.document_type.document_fields()?;
            let never = |field: &&str| manifest.mirror.never_leaves(table, field);
            let never: Vec<String> = fields.into_iter().filter(never).map(|f| format!("`{f}`")).collect();
            (!never.is_empty()).then(|| format!(" but {}", never.join(" and ")))
        });
        format!(
            "functions hand whole documents of main's table `{table}` on, so all of its fields{} are mirrored",
            never.unwrap_or_default()
        )
    });
    told.collect()
}

/// Whether the function of a person is made by one of byod's builders.
fn asks_for_the_claim(custom: &Sources, path: &FunctionPath) -> bool {
    let path = FunctionPath::new(format!("custom/{}", path.module), &path.name);
    let Some((module, index)) = custom.function(&path) else {
        return false;
    };
    let definition = module.statements[index].definition.as_ref();
    let import = definition.and_then(|definition| module.import_of(&definition.builder));
    import.is_some_and(|(import, _)| import.specifier.ends_with("/byod/owner"))
}

/// Where a function takes the owner as an argument on main already, it must be
/// what the users' side needs.
pub(super) fn takes_owner(manifest: &Manifest, function: &Function) -> Result<(), String> {
    let Some(args) = function.args.as_object() else {
        return Ok(());
    };
    for (name, injection) in &manifest.inject {
        let Some(arg) = args.get(name).filter(|_| *injection == Injection::Subject) else {
            continue;
        };
        let is_text = match &arg.field_type {
            Validator::String => true,
            Validator::Id { table_name } => is_foreign(table_name, &manifest.user_tables),
            _ => false,
        };
        if arg.optional || !is_text {
            return Err(format!(
                "takes the owner `{name}` as {arg}, not as a required string"
            ));
        }
    }
    Ok(())
}

/// What people wrote in `custom/` that no call reaches.
fn unused(manifest: &Manifest, custom: &Sources, functions: &[FunctionReport]) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, module) in &custom.modules {
        let of_main = name.strip_prefix("custom/").unwrap_or(name);
        let names = module.exports.keys().filter(|name| {
            let path = FunctionPath::new(of_main, name.as_str()).to_string();
            let is_used = |f: &FunctionReport| f.function == path && matches!(f.fate, Fate::Custom);
            !functions.iter().any(is_used)
        });
        for export in names {
            let path = FunctionPath::new(of_main, export.as_str());
            let why = match manifest.main.functions.get(&path) {
                Some(f) if f.visibility == Visibility::Public => {
                    format!("`{path}` touches no table of the users, so it runs on main")
                }
                Some(_) => format!("`{path}` is internal on main"),
                None => format!("main has no function `{path}`"),
            };
            notes.push(format!(
                "`{export}` of `{name}.ts` stands in no function's place: {why}"
            ));
        }
    }
    notes
}

/// What main has in whose place byod's own stands, and what that does.
fn stubs(carrier: &Carrier<'_>, need: &Need) -> Vec<String> {
    let mut found: Vec<String> = need
        .builders
        .iter()
        .map(|(module, name)| {
            format!("`{name}` of `{module}.ts` does nothing for these functions but tell them who calls: byod's builders do")
        })
        .collect();
    for source in &need.stubs {
        let answer = super::support::answer(&carrier.shape(source), "ctx");
        found.push(match source {
            Source::Context => continue,
            Source::Helper(module, name) => {
                format!("`{name}` of `{module}.ts` answers with `{answer}`")
            }
            Source::Package(package, name) => {
                format!("`{name}` of `{package}` answers with `{answer}`")
            }
            Source::Function(path) => format!("`{path}` answers with `{answer}`"),
            Source::Lookup(table) => {
                format!("`{answer}` stands where functions look the caller up in `{table}`")
            }
        });
    }
    found
}

/// What is carried over and uses files.
fn files(sources: &Sources, need: &Need) -> Option<String> {
    let uses = |(module, index): &(String, usize)| {
        let statement = &sources.modules.get(module)?.statements[*index];
        let name = statement
            .names
            .first()
            .filter(|_| statement.facts.uses_files)?;
        Some(format!("`{module}:{name}`"))
    };
    let users: Vec<String> = need.statements.iter().filter_map(uses).collect();
    (!users.is_empty()).then(|| {
        format!(
            "files have no owner: who knows the id of one reaches it by {}, also another user of the deployment",
            users.join(", ")
        )
    })
}

/// `byod/caller.ts`: what stands for packages' functions that tell who calls.
fn package_stubs(carrier: &Carrier<'_>, need: &Need) -> Option<String> {
    let stubs: Vec<String> = need
        .stubs
        .iter()
        .filter_map(|source| match source {
            Source::Package(_, name) => Some(stubs::helper(name, &carrier.shape(source))),
            _ => None,
        })
        .collect();
    if stubs.is_empty() {
        return None;
    }
    Some(format!(
        "{}import type {{ Caller }} from \"./owner\";\n\n{}\n",
        assemble::HEADER,
        stubs.join("\n\n")
    ))
}
