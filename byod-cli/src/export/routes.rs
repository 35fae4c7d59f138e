//! `byod/routes.ts` on main: where each function runs for a user who connected a
//! deployment, and what it takes there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use byod_schema::{FunctionPath, Injection, Manifest, Placement, Runs};

use super::schema::user_tables;
use crate::error::Error;
use crate::layout::{Code, Entry, string};
use crate::owners::{self, Owners, is_foreign};
use crate::source::Sources;
use crate::touches::taking_caller;
use crate::tree::Tree;

pub(super) const ROUTES: &str = "byod/routes.ts";

/// What the export writes into the users' project for main's actions.
const OWN: [(&str, &str, &str); 4] = [
    ("byod/search", "vectors", "action"),
    ("byod/files", "uploadUrl", "mutation"),
    ("byod/files", "url", "query"),
    ("byod/files", "remove", "mutation"),
];

/// The text of the module.
pub(super) fn routes(
    manifest: &Manifest,
    sources: &Sources,
    placed: &BTreeMap<FunctionPath, Placement>,
) -> String {
    let (mut on_main, mut on_users, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (path, placement) in placed {
        let name = path.to_string();
        match &placement.runs {
            Runs::Main => on_main.push(name),
            Runs::User => on_users.push(on_user(manifest, path, placement)),
            Runs::Refused { reason, .. } => {
                refused.push(Entry::new(&name, Code::text(string(reason))));
            }
        }
    }
    for (module, name, kind) in OWN {
        let path = FunctionPath::new(module, name);
        let user = manifest.user.as_ref();
        if user.is_some_and(|user| user.functions.contains_key(&path)) {
            let subjects = owners::subjects(manifest).map(|name| (name, Injection::Subject));
            on_users.push(takes(&path, kind, subjects, []));
        }
    }
    let takers: Vec<String> = taking_caller(sources, manifest)
        .into_iter()
        .map(ToString::to_string)
        .collect();
    include_str!("main_side/routes.ts")
        .replace("/*users tables*/", &list(&manifest.user_tables))
        .replace("/*owner fields*/", &list(&owner_fields(manifest)))
        .replace("/*take caller*/", &list(&takers))
        .replace("/*on main*/", &list(&on_main))
        .replace("{/*on users*/}", &object(on_users))
        .replace("{/*refused*/}", &object(refused))
}

/// Writes the module anew, if main has the builders that go by it: whether it was another.
///
/// # Errors
///
/// Where a file can't be read or written.
pub(super) fn refresh(
    folder: &Path,
    config: &Path,
    manifest: &Manifest,
    sources: &Sources,
    placed: &BTreeMap<FunctionPath, Placement>,
) -> Result<bool, Error> {
    if !sources.has_server() {
        return Ok(false);
    }
    let tree = Tree::named(folder, config)?;
    let text = routes(manifest, sources, placed);
    if tree.read(ROUTES)?.as_deref() == Some(&*text) {
        return Ok(false);
    }
    tree.write(ROUTES, &text)?;
    Ok(true)
}

fn on_user(manifest: &Manifest, path: &FunctionPath, placement: &Placement) -> Entry {
    let function = manifest.main.functions.get(path);
    let kind = function.map(|f| f.function_type.to_string());
    let does = [
        ("copies", !placement.mirror.is_empty()),
        ("leaves", placement.outbox),
    ];
    let does = does.into_iter().filter(|(_, does)| *does);
    takes(
        path,
        &kind.unwrap_or_default(),
        manifest.injected(path),
        does.map(|(name, _)| name),
    )
}

fn takes<'a>(
    path: &FunctionPath,
    kind: &str,
    given: impl IntoIterator<Item = (&'a str, Injection)>,
    does: impl IntoIterator<Item = &'static str>,
) -> Entry {
    let given = given.into_iter().map(|(name, what)| {
        let what = match what {
            Injection::Subject => "subject",
            Injection::Now => "now",
            Injection::IdempotencyKey => "idempotency-key",
        };
        Entry::new(name, Code::text(string(what)))
    });
    let entries = [
        Entry::new("kind", Code::text(string(kind))),
        Entry::new("give", Code::object(given)),
    ];
    let does = does
        .into_iter()
        .map(|name| Entry::new(name, Code::text("true")));
    let entries = entries.into_iter().chain(does);
    Entry::new(&path.to_string(), Code::object(entries))
}

/// The names of fields and arguments that may say whose something is.
fn owner_fields(manifest: &Manifest) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = owners::subjects(manifest).map(str::to_owned).collect();
    let tables = user_tables(manifest);
    for table in tables {
        let owners = Owners::of(manifest, table);
        let names = owners.fields().iter().map(|path| last(path));
        found.extend(names.map(str::to_owned));
        table.document_type.visit_ids(&mut |path, of| {
            if is_foreign(of, &manifest.user_tables) {
                found.insert(last(path).to_owned());
            }
        });
    }
    let placed = manifest.user.iter().flat_map(|user| user.functions.keys());
    for function in placed.filter_map(|path| manifest.main.functions.get(path)) {
        function.args.visit_ids(&mut |path, of| {
            if is_foreign(of, &manifest.user_tables) {
                found.insert(last(path).to_owned());
            }
        });
    }
    found
}

/// The last name of a path to a field.
fn last(path: &str) -> &str {
    let name = path.rsplit('.').next().unwrap_or(path);
    name.split('[').next().unwrap_or(name)
}

fn list<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    Code::strings(texts.into_iter().map(String::as_str)).print(0, 60, 1)
}

fn object(entries: Vec<Entry>) -> String {
    if entries.is_empty() {
        return "{}".to_owned();
    }
    Code::expanded(entries).print(0, 60, 1)
}
