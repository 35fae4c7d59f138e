//! `byod check`: every table, where it lives, its functions on both sides, and
//! what would fail at run time.

mod functions;
mod suggestions;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use byod_build::Builder;
use byod_schema::{
    Deployments, Difference, Function, FunctionPath, FunctionType, Location, Manifest, Placement,
    Project, REFUSED, Runs, Validator, Value, Visibility, table_of_module,
};
use serde::Serialize;

use crate::error::Error;
use crate::export;
use crate::export::main_side::{self, BuilderReport};
use crate::owners;
use crate::source::{self, Sources};
use crate::touches::{left_on_main, writers_of};

pub(crate) use functions::{FunctionReport, RunsOn, Totals};

/// What both projects have, and where they don't fit together.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Nothing would fail at run time.
    pub(crate) fits: bool,
    pub(crate) tables: Vec<TableReport>,
    /// Every public function of main, and where it runs for a connected user.
    pub(crate) functions: Vec<FunctionReport>,
    pub(crate) totals: Totals,
    /// Where actions of main are made by builders that stay there, though they ask for
    /// users' data.
    pub(crate) builders: Vec<BuilderReport>,
    /// Tables that are probably the users' as well.
    pub(crate) suggestions: Vec<String>,
    /// What is to fix beside the tables.
    pub(crate) differences: Vec<String>,
    /// What to know, though no call fails of it.
    pub(crate) notes: Vec<String>,
    /// What could not be read of the projects.
    pub(crate) warnings: Vec<String>,
    /// Whether there is a project for users' deployments to compare with.
    pub(crate) has_user_project: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TableReport {
    pub(crate) table: String,
    pub(crate) location: Location,
    /// The public functions of the table's module on main.
    pub(crate) main: Vec<String>,
    /// Those of the same names, and public ones, on users' deployments.
    pub(crate) user: Vec<String>,
    pub(crate) differences: Vec<String>,
}

pub(crate) fn check(config: &Path) -> Result<Report, Error> {
    let builder = Builder::new().config(config);
    let folders = builder.folders()?;
    let folder = folders.user;
    if let Some(folder) = folder.as_ref().filter(|folder| !folder.is_dir()) {
        let folder = folder.clone();
        return Err(Error::NotExported { folder });
    }
    let (manifest, outdated) = builder.read_with_snapshot()?;
    let names = owners::OwnerNames::of(&manifest);
    let public = match (&folder, &manifest.user) {
        (Some(folder), Some(user)) => source::public(folder, user, &names)?,
        _ => Vec::new(),
    };
    let user_folder = folder;
    let (mut apart, mut past) = (Vec::new(), Vec::new());
    let (mut actions, mut of_main) = (Vec::new(), Vec::new());
    let placed = match folders.main {
        folder if folder.is_dir() => {
            let sources = Sources::read(&folder, &names)?;
            past = past_the_check(&sources, &manifest);
            if let (Some(user), true) = (&user_folder, manifest.user.is_some()) {
                apart = left_on_main(&sources, &manifest);
                apart.extend(export::bundled_otherwise(&folder, user));
            }
            let placed = export::place_again(&manifest, &sources);
            actions = main_side::builders(&manifest, &sources, &placed);
            if manifest.user.is_some() && !manifest.user_tables.is_empty() {
                let user = user_folder.as_deref();
                of_main = main_side::outdated(config, &folder, user, &manifest, &sources, &placed)?;
            }
            placed
        }
        // Its project is the snapshot's: what was written is all that there is.
        _ => manifest
            .placements
            .iter()
            .flat_map(|p| p.functions.clone())
            .collect(),
    };
    let functions = functions::functions(&manifest, &placed);
    let totals = functions::totals(&functions);
    let tables: Vec<TableReport> = manifest
        .tables()
        .map(|(table, location)| of_table(&manifest, &placed, table, location))
        .collect();
    let projects = [Some(&manifest.main), manifest.user.as_ref()];
    let warnings = projects.iter().flatten().flat_map(|project| {
        let of = |warning: &String| (project.convex.clone(), warning.clone());
        project.warnings.iter().map(of)
    });
    // What is read and can't be pushed is no better than what differs.
    let (refused, warnings): (Vec<_>, Vec<_>) =
        warnings.partition(|(_, warning)| warning.starts_with(REFUSED));
    let refused = refused
        .into_iter()
        .map(|(convex, reason)| format!("{convex}: {reason}"));
    let mut differences: Vec<String> = other_mode(&manifest)
        .into_iter()
        .chain(refused)
        .chain(public)
        .collect();
    differences.extend(outdated.map(|error| error.to_string()));
    differences.extend(functions::unknown(&manifest));
    differences.extend(of_main);
    if manifest.user.is_some() && !manifest.user_tables.is_empty() {
        differences.extend(functions::outdated(&manifest, &placed));
    }
    Ok(Report {
        fits: differences.is_empty()
            && totals.refused_not_listed == 0
            && tables.iter().all(|table| table.differences.is_empty()),
        differences,
        notes: unclaimed(&manifest)
            .into_iter()
            .chain(unguarded(&manifest))
            .chain(past)
            .chain(sealed_as_new(&manifest))
            .chain(unheard(&manifest))
            .chain(without_key(&manifest, &placed))
            .chain(functions::served_after_all(&manifest, &functions))
            .chain(apart)
            .collect(),
        builders: actions,
        suggestions: suggestions::suggestions(&manifest),
        functions,
        totals,
        tables,
        warnings: warnings.into_iter().map(|(_, warning)| warning).collect(),
        has_user_project: manifest.user.is_some(),
    })
}

/// The function by which a deployment is claimed.
fn claim(user: &Project) -> Option<&Function> {
    user.functions
        .get(&FunctionPath::new("byod/claim", "claim"))
}

/// Where the users' project has no claim at all.
fn unclaimed(manifest: &Manifest) -> Option<String> {
    let user = manifest.user.as_ref()?;
    claim(user).is_none().then(|| {
        "the users' project has no `byod/claim:claim`, so its deployments are unclaimed: nothing there tells their user from another who connects the same one. `byod export` writes it; docs/by-hand.md says how functions written by hand use it".to_owned()
    })
}

/// Where main writes whatever it is told to.
fn unguarded(manifest: &Manifest) -> Vec<String> {
    let blind = main_side::writes_blindly(manifest).into_iter();
    blind.map(|path| format!(
        "main's `{path}` doesn't take `expected`, what the writer has seen of the record: a disconnect can be undone by another process that tests the deployment at that moment, and newer credentials replaced by older ones. `byod export --main` writes one that refuses, or says what to change"
    )).collect()
}

/// Where main writes users' records itself.
fn past_the_check(main: &Sources, manifest: &Manifest) -> Vec<String> {
    let writers = writers_of(owners::RECORDS, main, manifest).into_iter();
    let past = writers.filter(|path| !main_side::is_contracts(path, manifest));
    past.map(|path| format!(
        "main's `{path}` writes users' records itself, and compares them with nothing: it can undo a disconnect, or replace newer credentials by older ones. Call `updateConfig` there with `expected`, or keep it for migrations that run while no service does"
    )).collect()
}

/// Where a record that is sealed anew looks like one whose state has changed.
fn sealed_as_new(manifest: &Manifest) -> Option<String> {
    main_side::reseals_as_new(manifest).then(|| {
        "main's `byod/credentials:resealConfig` gives a record another `updatedAt`: a user who had disconnected, and connects again in the moment in which `byod rotate-key` seals their record, is told to try again. `byod export --main` writes one that leaves it alone, or says what to change".to_owned()
    })
}

/// Where no process is told what others change.
fn unheard(manifest: &Manifest) -> Option<String> {
    main_side::tells_nobody(manifest).then(|| {
        "main has no `byod/credentials:changedConfigs`: what one process of a service changes, a disconnect, a key, a status, others know when they read the record again, after `cache_ttl`. `byod export --main` writes it, or says what to add; then all know within a second".to_owned()
    })
}

/// Where the users' project was exported for other deployments than byod.toml says.
fn other_mode(manifest: &Manifest) -> Option<String> {
    let claim = claim(manifest.user.as_ref()?)?;
    let shared = Validator::Literal {
        value: Value::String("shared".to_owned()),
    };
    let is_shared = claim.returns.as_ref() == Some(&shared);
    let (is, was) = match manifest.ownership.deployments {
        Deployments::Own if is_shared => ("own", "shared"),
        Deployments::Shared if !is_shared => ("shared", "own"),
        _ => return None,
    };
    Some(format!(
        "byod.toml says `deployments = \"{is}\"`, but the users' project was written for \"{was}\". Run `byod export`"
    ))
}

/// The mutations that are not safe to repeat, where byod.toml says that some are.
fn without_key(manifest: &Manifest, placed: &BTreeMap<FunctionPath, Placement>) -> Option<String> {
    let key = owners::key(manifest)?;
    let user = manifest.user.as_ref()?;
    let takes_none = |path: &&FunctionPath| {
        let injected = manifest.injected(path);
        let placement = placed.get(*path);
        placement.is_some_and(|placement| placement.runs == Runs::User)
            && user.functions.contains_key(*path)
            && !injected.iter().any(|(name, _)| *name == key)
    };
    let mutations = manifest.main.functions.iter().filter(|(_, function)| {
        function.function_type == FunctionType::Mutation
            && function.visibility == Visibility::Public
    });
    let found: Vec<String> = mutations
        .map(|(path, _)| path)
        .filter(takes_none)
        .map(|path| format!("`{path}`"))
        .collect();
    (!found.is_empty()).then(|| {
        format!(
            "with these mutations, a call can't have an idempotency key: {}. Declare `{key}: v.optional(v.string())` in the user's project, as `byod export` does",
            found.join(", ")
        )
    })
}

fn of_table(
    manifest: &Manifest,
    placed: &BTreeMap<FunctionPath, Placement>,
    table: &str,
    location: Location,
) -> TableReport {
    let modules: BTreeSet<&str> = manifest
        .main
        .functions
        .keys()
        .chain(manifest.user.iter().flat_map(|user| user.functions.keys()))
        .map(|path| path.module.as_str())
        .filter(|module| table_of_module(module) == table)
        .collect();
    let public = |functions: &BTreeMap<FunctionPath, byod_schema::Function>,
                  also: &BTreeSet<String>| {
        functions
            .iter()
            .filter(|(path, function)| {
                modules.contains(path.module.as_str())
                    && (function.visibility == Visibility::Public || also.contains(&path.name))
            })
            .map(|(path, _)| path.name.clone())
            .collect::<BTreeSet<String>>()
    };
    let main = public(&manifest.main.functions, &BTreeSet::new());
    let user = match (&manifest.user, location) {
        // Those that a call could reach there, internal ones too.
        (Some(user), Location::User) => public(&user.functions, &main),
        _ => BTreeSet::new(),
    };
    let mut differences: Vec<String> = manifest
        .table_differences(table)
        .iter()
        .map(ToString::to_string)
        .collect();
    if location == Location::User
        && let Some(table) = manifest.main.schema.table(table)
    {
        differences.extend(owners::problems(manifest, table));
    }
    for module in &modules {
        let found = manifest.function_differences(module, location);
        // What is on main by right needn't be there; what is refused is told with the reason.
        let is_settled = |difference: &&Difference| {
            let placement = difference.function().and_then(|path| placed.get(path));
            placement.is_some_and(|placement| match &placement.runs {
                Runs::User => false,
                Runs::Main => true,
                Runs::Refused { reason, .. } => reason != export::NOT_EXPORTED,
            })
        };
        let open = found.iter().filter(|difference| !is_settled(difference));
        differences.extend(open.map(ToString::to_string));
    }
    TableReport {
        table: table.to_owned(),
        location,
        main: main.into_iter().collect(),
        user: user.into_iter().collect(),
        differences,
    }
}
