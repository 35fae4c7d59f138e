//! `byod export`: the Convex project of users' deployments, from main's.

mod assemble;
mod bundling;
mod components;
mod files;
mod imports;
mod item;
pub(crate) mod main_side;
mod mirror;
mod moving;
mod on_main;
mod options;
mod outbox;
mod placing;
mod plan;
mod read_back;
mod routes;
mod schema;
mod scratch;
mod settled;
mod stubs;
mod support;
mod tables;
mod tooling;
mod triggered;
mod typecheck;
mod validators;

use std::path::{Path, PathBuf};
use std::{fs, io};

use byod_build::{Builder, Limits, read_project};
use byod_schema::{
    CLAIM_TABLE, FunctionPath, IDEMPOTENCY_TABLE, MIRROR_TABLE, Manifest, Placements, Project,
};
use serde::Serialize;

use crate::carry;
use crate::error::Error;
use crate::owners::{self, OwnerNames};
use crate::source::{self, Sources};
use crate::touches::{Sides, left_on_main};
use crate::tree::{Tree, is_within};
use plan::{Plan, Rejected};

pub(crate) use bundling::differences as bundled_otherwise;
pub(crate) use files::Written;
pub(crate) use options::Options;
pub(crate) use placing::{NOT_EXPORTED, place_again};
use placing::{place, schedules_refused};
pub(crate) use plan::{Fate, FunctionReport};
use schema::ForeignId;
pub(crate) use schema::user_tables;
use scratch::Scratch;
pub(crate) use support::version_in;
pub(crate) use typecheck::Typecheck;
use typecheck::{TypeScript, Verdict};

/// What the export has done.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// The Convex folder of users' deployments.
    pub(crate) folder: PathBuf,
    #[serde(flatten)]
    pub(crate) files: Written,
    /// The file that says where each function runs, and whether it was written anew.
    pub(crate) functions_file: PathBuf,
    pub(crate) functions_changed: bool,
    /// Whether main's own `byod/routes.ts` was written anew.
    pub(crate) main_routes_changed: bool,
    pub(crate) tables: Vec<String>,
    pub(crate) typecheck: Typecheck,
    pub(crate) functions: Vec<FunctionReport>,
    /// What main has in whose place byod's own stands.
    pub(crate) stubs: Vec<String>,
    pub(crate) ids_as_strings: Vec<ForeignId>,
    pub(crate) notes: Vec<String>,
    /// What could not be read of the projects.
    pub(crate) warnings: Vec<String>,
}

/// Writes the project that `[user] convex` names.
pub(crate) fn export(config: &Path, options: &Options) -> Result<Report, Error> {
    let force = options.force;
    let builder = Builder::new().config(config);
    let folders = builder.folders()?;
    let folder = folders.user.ok_or_else(|| Error::NoUserFolder {
        config: config.to_owned(),
    })?;
    let tree = Tree::named(&folder, config)?;
    if is_within(&folder, &folders.main) || is_within(&folders.main, &folder) {
        let main = folders.main;
        return Err(Error::OneFolder { folder, main });
    }
    let (mut manifest, digest) = builder.read_main()?;
    if manifest.user_tables.is_empty() {
        return Err(Error::NoTables {
            config: config.to_owned(),
        });
    }
    if owners::key(&manifest).is_some() && manifest.user_tables.contains(IDEMPOTENCY_TABLE) {
        return Err(Error::KeyTable(IDEMPOTENCY_TABLE));
    }
    if !manifest.mirror.is_default() && manifest.user_tables.contains(MIRROR_TABLE) {
        return Err(Error::MirrorTable(MIRROR_TABLE));
    }
    if manifest.user_tables.contains(CLAIM_TABLE) {
        return Err(Error::ClaimTable(CLAIM_TABLE));
    }
    let names = OwnerNames::of(&manifest);
    if names.arguments.is_empty() {
        return Err(Error::NoSubject {
            config: config.to_owned(),
        });
    }
    let problems: Vec<String> = user_tables(&manifest)
        .flat_map(|table| owners::problems(&manifest, table))
        .chain(owners::problems_of_copies(&manifest))
        .chain(moving::problems(&manifest))
        .collect();
    if !problems.is_empty() {
        return Err(Error::Owners {
            config: config.to_owned(),
            problems,
        });
    }
    let main = Sources::read(&folders.main, &names)?;
    let custom = custom(&folder, &names)?;
    let typescript = options.typescript(&folders.main, &tree);
    let (mut plan, typecheck) =
        checked(&mut manifest, &main, &custom, Rejected::new(), typescript)?;
    plan.notes.extend(left_on_main(&main, &manifest));
    plan.main_package = main.package.clone();
    plan.notes
        .extend(components::to_install(&tree, &plan.packages)?);
    plan.bundling = bundling::Bundling::of(&folders.main).0;
    check_public(&plan, &tree, force, &names)?;
    let files = files::write(&tree, &plan, force)?;
    plan.notes
        .extend(bundling::differences(&folders.main, &folder));
    // All that is there now, as a build reads it, whoever wrote it: with its packages, too.
    let user = read_back(&folder)?;
    let public = source::public(&folder, &user, &names)?;
    if !public.is_empty() {
        return Err(Error::Public(public));
    }
    let mut warnings = manifest.main.warnings.clone();
    warnings.extend(user.warnings);
    let functions = place(&manifest, &main, &plan.rejected);
    let main_routes = routes::refresh(&folders.main, config, &manifest, &main, &functions)?;
    // What was written counts among main's own files.
    let digest = match main_routes {
        true => builder.read_main()?.1,
        false => digest,
    };
    let placements = Placements {
        digest: digest.unwrap_or_default(),
        functions,
    };
    let (functions_file, functions_changed) = builder.write_placements(&placements)?;
    Ok(Report {
        folder,
        files,
        functions_file,
        functions_changed,
        main_routes_changed: main_routes,
        tables: schema::user_tables(&manifest)
            .map(|t| t.table_name.clone())
            .collect(),
        typecheck,
        functions: plan.functions,
        stubs: plan.stubs,
        ids_as_strings: plan.ids_as_strings,
        notes: plan.notes,
        warnings,
    })
}

/// What people wrote, in `custom/` of the folder.
fn custom(folder: &Path, names: &OwnerNames) -> Result<Sources, Error> {
    let mut custom = Sources::default();
    if is_folder(&folder.join("custom"))? {
        custom = Sources::read(folder, names)?;
        custom.modules.retain(|name, _| name.starts_with("custom/"));
        if let Some(name) = custom
            .broken
            .iter()
            .find(|name| name.starts_with("custom/"))
        {
            return Err(Error::Custom {
                module: name.clone(),
                what: "can't be parsed".to_owned(),
            });
        }
    }
    if let Some((module, what)) = custom
        .modules
        .keys()
        .find_map(|name| Some((name, carry::is_unfit(name)?)))
    {
        return Err(Error::Custom {
            module: module.clone(),
            what: format!("is {what}"),
        });
    }
    Ok(custom)
}

/// Whether there is a folder; what stands in its place is an error.
fn is_folder(path: &Path) -> Result<bool, Error> {
    let there = match fs::metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io(path, error)),
    };
    if there.is_dir() {
        return Ok(true);
    }
    let is_file = byod_build::is_file(&there);
    let error = is_file.err().unwrap_or(io::ErrorKind::NotADirectory.into());
    Err(Error::io(path, error))
}

/// Plans until what is planned, read as a build reads it, fits main and typechecks with
/// the files of people that stay.
fn checked(
    manifest: &mut Manifest,
    main: &Sources,
    custom: &Sources,
    mut rejected: Rejected,
    mut typescript: Result<TypeScript, String>,
) -> Result<(Plan, Typecheck), Error> {
    manifest.user = None;
    let wanted = Sides::new(main, manifest).wanted();
    loop {
        manifest.user = None;
        let mut plan = plan::plan(manifest, main, custom, &wanted, &rejected);
        let scratch = written(&plan, custom)?;
        manifest.user = Some(read_back(&scratch.1)?);
        let sources = Sources::read(&scratch.1, &OwnerNames::of(manifest))?;
        let mut found = read_back::judge(manifest, &plan, main, &sources)?;
        if found.is_empty() {
            found = schedules_refused(manifest, main, &plan.needs, &rejected);
        }
        if !found.is_empty() {
            rejected.extend(with_those_beside(main, found));
            continue;
        }
        let typecheck = match &mut typescript {
            Err(reason) => Typecheck::NotDone {
                reason: reason.clone(),
            },
            Ok(typescript) => match typescript.judge(&scratch, &plan, main, &sources)? {
                Verdict::Rejects(found) => {
                    rejected.extend(with_those_beside(main, found));
                    continue;
                }
                Verdict::Fits { notes } => {
                    plan.notes.extend(notes);
                    Typecheck::Done {
                        typescript: typescript.version.clone(),
                    }
                }
                Verdict::Unknown { reason } => Typecheck::NotDone { reason },
            },
        };
        let tables: Vec<String> = manifest.user_tables.iter().cloned().collect();
        for table in tables {
            let found = manifest.table_differences(&table);
            plan.notes.extend(found.iter().map(ToString::to_string));
        }
        plan.rejected = rejected;
        return Ok((plan, typecheck));
    }
}

/// What can't be as planned, and what the same statements of main define beside it: those
/// are there together or not at all.
fn with_those_beside(main: &Sources, found: Rejected) -> Rejected {
    let place = |path: &FunctionPath| {
        let (module, index) = main.exported(&path.module, &path.name)?;
        let names = &module.statements[index].names;
        (names.len() > 1).then(|| (path.module.clone(), module.name.clone(), index))
    };
    let mut all = found.clone();
    for (path, reason) in &found {
        let Some((of, module, index)) = place(path) else {
            continue;
        };
        let names = main.modules[&module].statements[index].names.iter();
        let others = names.map(|name| FunctionPath::new(of.clone(), name.as_str()));
        for other in others.filter(|other| place(other).is_some()) {
            all.entry(other).or_insert_with(|| reason.clone());
        }
    }
    all
}

/// Refuses what anybody could call, of the plan and of the files that stay beside it,
/// before anything is written.
fn check_public(plan: &Plan, tree: &Tree, force: bool, names: &OwnerNames) -> Result<(), Error> {
    let mut public = source::packages_within(tree.root());
    let staying = files::staying(tree, plan, force)?;
    if !staying.is_empty() {
        let scratch = written(plan, &Sources::default())?;
        for (name, text) in &staying {
            scratch.0.write(name, text)?;
        }
        // By which it is known to be an exported project.
        scratch.0.write(source::LOCK, "")?;
        let user = read_back(&scratch.1).map_err(|error| {
            let (from, to) = (scratch.1.to_string_lossy(), tree.root().to_string_lossy());
            Error::Staying(error.to_string().replace(&*from, &to))
        })?;
        public.extend(source::public(&scratch.1, &user, names)?);
    }
    if public.is_empty() {
        Ok(())
    } else {
        Err(Error::Public(public))
    }
}

/// The planned project in a folder of its own.
fn written(plan: &Plan, custom: &Sources) -> Result<Scratch, Error> {
    let folder = Scratch::new()?;
    for (name, text) in &plan.files {
        folder.0.write(name, text)?;
    }
    folder.0.write("byod/version.ts", &support::version(1))?;
    for (name, module) in &custom.modules {
        folder.0.write(&format!("{name}.ts"), &module.text)?;
    }
    Ok(folder)
}

/// The project as a build would read it.
fn read_back(folder: &Path) -> Result<Project, Error> {
    let reading = read_project(folder, &Limits::default())?;
    Ok(Project {
        convex: String::new(),
        schema: reading.schema.value,
        functions: reading
            .functions
            .into_iter()
            .map(|(path, function)| (path, function.value))
            .collect(),
        warnings: reading.warnings,
        schema_version: None,
    })
}
