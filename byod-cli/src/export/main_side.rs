//! `byod export --main`: what main needs to keep the users' records, the table
//! `userDatabaseConfig` and the functions of `byod/credentials`; and the builders of actions
//! that ask for users' data where that is.

mod beside;
mod builders;
mod digest;
mod records;
mod users;

use std::collections::BTreeMap;
use std::mem;
use std::path::{Path, PathBuf};

use byod_build::Builder;
use byod_schema::{FunctionPath, Manifest, Project, Schema};
use serde::Serialize;

use super::moving;
use super::options::Options;
use super::outbox;
use super::plan::Rejected;
use super::tables::index_by;
use crate::error::Error;
use crate::owners::{self, OwnerNames, RECORDS};
use crate::source::{MAIN_HEAD as HEAD, Sources};
use crate::tree::Tree;

use beside::MainFile;
pub(crate) use beside::outdated;
pub(crate) use builders::{BuilderReport, builders};
use records::{Parts, changes, credentials, rotation, tables, together, update, who};
use users::{Users, finding, users};

const MODULE: &str = "byod/credentials";
const CREDENTIALS: &str = "byod/credentials.ts";
const TABLES: &str = "byod/tables.ts";

/// What was written into main's project.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) folder: PathBuf,
    pub(crate) written: Vec<String>,
    pub(crate) kept: Vec<String>,
    /// What only a person can do.
    pub(crate) todo: Vec<String>,
    pub(crate) notes: Vec<String>,
}

/// What is written at one time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What the rest is judged by: the records, and the builders of actions.
    Base,
    Whole,
}

/// Writes what is not there yet.
pub(crate) fn export(config: &Path, options: &Options) -> Result<Report, Error> {
    let folder = Builder::new().config(config).folders()?.main;
    // What is read of it doesn't depend on what `byod.toml` says.
    if Sources::read(&folder, &OwnerNames::default())?.has_server() {
        return export_part(config, options, Part::Whole);
    }
    // By the builders of actions, more of main's actions are known for what they are.
    let first = export_part(config, options, Part::Base)?;
    let mut report = export_part(config, options, Part::Whole)?;
    let again = mem::replace(&mut report.written, first.written);
    for name in again {
        if !report.written.contains(&name) {
            report.written.push(name);
        }
    }
    Ok(report)
}

fn export_part(config: &Path, options: &Options, part: Part) -> Result<Report, Error> {
    let force = options.force;
    let builder = Builder::new().config(config);
    let folders = builder.folders()?;
    let (folder, user) = (folders.main, folders.user);
    let tree = Tree::named(&folder, config)?;
    for name in [TABLES, CREDENTIALS].into_iter().chain(beside::names()) {
        tree.path(name)?;
    }
    let (manifest, _) = builder.read_main()?;
    let mut report = Report {
        folder: folder.clone(),
        written: Vec::new(),
        kept: Vec::new(),
        todo: Vec::new(),
        notes: Vec::new(),
    };
    let present = manifest.main.schema.table(RECORDS);
    let users = users(&manifest, present);
    let has = |name| {
        let path = FunctionPath::new(MODULE, name);
        manifest.main.functions.contains_key(&path)
    };
    put_ours(&tree, &beside::of_fleet(&users), &mut report)?;
    let mut history = beside::has_history(&manifest);
    let own_table = tree.read(TABLES)?;
    let is_ours = own_table
        .as_deref()
        .is_some_and(|text| text.contains(RECORDS));
    if present.is_none() || is_ours {
        put_unless_edited(&tree, TABLES, &tables(&users), force, &mut report)?;
        history |= report.kept.is_empty();
        if present.is_none() {
            report.todo.push(
                "in schema.ts: `import { byodTables } from \"./byod/tables\";`, and `...byodTables,` among the tables of defineSchema".to_owned(),
            );
        }
    }
    match history {
        true => put_ours(&tree, &beside::of_history(&users), &mut report)?,
        false => report.todo.push(beside::FLEET_SCHEMA.to_owned()),
    }
    let validators = present.is_none() || is_ours;
    let moves = manifest.moves.is_some();
    let own = tree.read(CREDENTIALS)?.unwrap_or_default();
    let written_here = own.starts_with(HEAD);
    if !has("getConfigInternal") || written_here {
        let present = if validators { None } else { present };
        let parts = Parts { moves, history };
        let text = credentials(&users, present, parts);
        put_unless_edited(&tree, CREDENTIALS, &text, force, &mut report)?;
    } else {
        if reseals_as_new(&manifest) || !(has("listConfigs") && has("resealConfig")) {
            report.todo.push(format!(
                "in {CREDENTIALS}, for `byod rotate-key`, instead of what there is of them, with {}:\n\n{}",
                match moves {
                    true => "`import { paginationOptsValidator } from \"convex/server\";` and `import { resealed } from \"./moves\";`",
                    false => "`import { paginationOptsValidator } from \"convex/server\";`",
                },
                rotation(moves)
            ));
        }
        if !has("whoAmI") {
            report.todo.push(format!(
                "in {CREDENTIALS}, for `byod.session_for`, with your own way to the caller's id as `callerId`:\n\n{}",
                who(&users)
            ));
        }
        if !has("changedConfigs") {
            let index = present.and_then(|table| index_by(table, "updatedAt"));
            report.todo.push(format!(
                "in {CREDENTIALS}, so that all processes of a service know within a second of what one changes:\n\n{}",
                changes(index.unwrap_or("by_updated"))
            ));
        }
        let blind = writes_blindly(&manifest);
        let is_blind = blind.iter().any(|path| path.module == MODULE);
        if is_blind || !has("updateConfigs") {
            report.todo.push(format!(
                "in {CREDENTIALS}, instead of your `updateConfig`, so that {}, with your validator of the field as `connectionStatus`, `type ObjectType` of \"convex/values\" and `type MutationCtx` of \"../_generated/server\":\n\n{}",
                match is_blind {
                    true => "no process writes over what another wrote meanwhile, and a roll-out writes what came of many users at once",
                    false => "a roll-out writes what came of many users at once",
                },
                update(!is_blind && own.contains("noted("))
            ));
        }
        if !has("getConfigs") {
            report.todo.push(format!(
                "in {CREDENTIALS}, so that a roll-out asks once for many users, with your own way to a user's record as `recordOf`{}:\n\n{}",
                match moves {
                    true => " and `import { withMove } from \"./moves\";`",
                    false => "",
                },
                together(&users, moves)
            ));
        }
        if history && !own.contains("noted(") {
            report.todo.push(format!(
                "in {CREDENTIALS}, so that what becomes of users' deployments is kept: `import {{ noted }} from \"./history\";`, and `await noted(ctx, configId, before);` wherever a record was written (createConfig, updateConfig, disconnect), with its id and the record as it was before, null where there was none"
            ));
        }
    }
    if moves {
        let problems = moving::problems(&manifest);
        if !problems.is_empty() {
            return Err(Error::Owners {
                config: config.to_owned(),
                problems,
            });
        }
        for file in beside::of_moves(&manifest, &users, &finding(present), history) {
            put_ours(&tree, &file, &mut report)?;
        }
        if manifest.main.schema.table(moving::MOVES_TABLE).is_none() {
            report.todo.push(beside::MOVES_SCHEMA.to_owned());
        }
    }
    if let Some(table) = present.filter(|_| !is_ours)
        && index_by(table, "updatedAt").is_none()
    {
        report.todo.push(format!(
            "in schema.ts, on the table {RECORDS}: `.index(\"by_updated\", [\"updatedAt\"])`, for `changedConfigs` of {CREDENTIALS}"
        ));
    }
    if part == Part::Whole {
        beside_actions(
            config,
            options,
            &manifest,
            &users,
            user.as_deref(),
            &tree,
            &mut report,
        )?;
    }
    if matches!(users, Users::Subject) {
        report.notes.push(
            "main has no table of users that a signed-in user could be found in: records are kept by subject, so pass the subject as both names of `byod.session(user_id, subject)`"
                .to_owned(),
        );
    }
    // Where functions run is known once there are users' deployments to run them.
    let user = match user {
        Some(folder) if folder.is_dir() => super::read_back(&folder)?,
        _ => Project {
            convex: String::new(),
            schema: Schema {
                tables: Vec::new(),
                schema_validation: true,
                other: BTreeMap::new(),
            },
            functions: BTreeMap::new(),
            warnings: Vec::new(),
            schema_version: None,
        },
    };
    let mut told = manifest.clone();
    told.user = Some(user);
    server(&tree, &told, &users, &mut report)?;
    Ok(report)
}

/// Writes what depends on what users' deployments run: what does what they leave for main,
/// and what gives copies.
fn beside_actions(
    config: &Path,
    options: &Options,
    manifest: &Manifest,
    users: &Users<'_>,
    user: Option<&Path>,
    tree: &Tree,
    report: &mut Report,
) -> Result<(), Error> {
    let folder = report.folder.clone();
    let typescript = match user {
        Some(user) => options.typescript(&folder, &Tree::named(user, config)?),
        None => Err("no folder of users' deployments is named".to_owned()),
    };
    let plan = beside::planned(manifest, &folder, user, Rejected::new(), typescript)?;
    // Without a project of the users nothing is left for main.
    if let Some(plan) = plan.as_ref().filter(|_| user.is_some()) {
        for file in beside::of_outbox(manifest, users, plan) {
            put_ours(tree, &file, report)?;
        }
        if !plan.leaves.is_empty() && manifest.main.schema.table(outbox::APPLIED).is_none() {
            report.todo.push(beside::SCHEMA.to_owned());
        }
    }
    if !manifest.mirror.is_default() {
        let problems = owners::problems_of_copies(manifest);
        if !problems.is_empty() {
            return Err(Error::Owners {
                config: config.to_owned(),
                problems,
            });
        }
        if let Some(file) = beside::of_copies(manifest, users, plan.as_ref()) {
            put_ours(tree, &file, report)?;
        }
    }
    Ok(())
}

/// Writes the builders of actions that ask for users' data where that is, if main has such
/// actions.
fn server(
    tree: &Tree,
    manifest: &Manifest,
    users: &Users<'_>,
    report: &mut Report,
) -> Result<(), Error> {
    let sources = Sources::read(&report.folder, &OwnerNames::of(manifest))?;
    let placed = super::place_again(manifest, &sources);
    let builders = builders(manifest, &sources, &placed);
    if builders.is_empty() && !beside::goes_by_server(&sources) {
        return Ok(());
    }
    for file in beside::of_actions(manifest, users, &sources, &placed) {
        put_ours(tree, &file, report)?;
    }
    report.todo.extend(builders.into_iter().map(|builder| {
        format!(
            "in {}.ts: import from {:?} instead of {:?}, so that its actions ask for users' data where that is",
            builder.module, builder.to, builder.from
        )
    }));
    Ok(())
}

/// The functions of main that change a record, and don't compare it with what the writer
/// has seen: in whatever module they are, for a service may name another than
/// `byod/credentials`.
pub(crate) fn writes_blindly(manifest: &Manifest) -> Vec<&FunctionPath> {
    let functions = &manifest.main.functions;
    let blind = functions.iter().filter(|(path, function)| {
        let read = FunctionPath::new(&path.module, "getConfigInternal");
        let args = function.args.as_object();
        path.name == "updateConfig"
            && (path.module == MODULE || functions.contains_key(&read))
            && args.is_none_or(|args| args.get("expected").is_none())
    });
    blind.map(|(path, _)| path).collect()
}

/// Whether the function is one of those that byod calls, or a person by their own account,
/// and that write records: in whatever module they are.
pub(crate) fn is_contracts(path: &FunctionPath, manifest: &Manifest) -> bool {
    let read = FunctionPath::new(&path.module, "getConfigInternal");
    let names = [
        "createConfig",
        "disconnect",
        "resealConfig",
        "updateConfig",
        "updateConfigs",
    ];
    names.contains(&&*path.name)
        && (path.module == MODULE || manifest.main.functions.contains_key(&read))
}

/// Whether main says to nobody which records have changed.
pub(crate) fn tells_nobody(manifest: &Manifest) -> bool {
    let functions = &manifest.main.functions;
    let has = |name| functions.contains_key(&FunctionPath::new(MODULE, name));
    has("getConfigInternal") && !has("changedConfigs")
}

/// Whether main has the function that seals a record anew, and it gives the record a new
/// time as well, as if its state had changed.
pub(crate) fn reseals_as_new(manifest: &Manifest) -> bool {
    let path = FunctionPath::new(MODULE, "resealConfig");
    let function = manifest.main.functions.get(&path);
    let args = function.and_then(|function| function.args.as_object());
    let updated_at = args.and_then(|args| args.get("updatedAt"));
    updated_at.is_some_and(|field| !field.optional)
}

/// What is nobody's to edit is as it is found now, whoever has read the file.
fn put_ours(folder: &Tree, file: &MainFile, report: &mut Report) -> Result<(), Error> {
    put(folder, file.name, &file.text, report)
}

/// Writes what a person may go on with, over what an earlier version has written.
fn put_unless_edited(
    folder: &Tree,
    name: &str,
    text: &str,
    force: bool,
    report: &mut Report,
) -> Result<(), Error> {
    let is_edited = |present: &str| !digest::is_as_written(present) && present != text;
    if !force && folder.read(name)?.as_deref().is_some_and(is_edited) {
        report.kept.push(name.to_owned());
        return Ok(());
    }
    put(folder, name, &digest::signed(text), report)
}

fn put(folder: &Tree, name: &str, text: &str, report: &mut Report) -> Result<(), Error> {
    if folder.read(name)?.is_some_and(|present| present == text) {
        return Ok(());
    }
    folder.write(name, text)?;
    report.written.push(name.to_owned());
    Ok(())
}
