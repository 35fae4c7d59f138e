//! The projects that `byod.toml` names: in their folders, or else in the snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use byod_schema::{Manifest, Mirror, Ownership, Project, Validator, nearest};

use crate::config::{Config, Named, functions};
use crate::error::Error;
use crate::limits::Limits;
use crate::project::{ProjectReading, attempt, locate};
use crate::snapshot::{self, Mode, Snapshot, Source};

/// The manifest, and what it was made from.
pub(crate) struct Reading {
    pub(crate) manifest: Manifest,
    /// The Convex folders that are there, in which new modules show.
    pub(crate) folders: Vec<PathBuf>,
    /// What was read outside of the Convex folders.
    pub(crate) files: BTreeSet<PathBuf>,
    /// What would have been read had it been there.
    pub(crate) absent: BTreeSet<PathBuf>,
    pub(crate) snapshot: Option<Snapshot>,
    /// Of main's own files and of what `byod.toml` says; none where main isn't there.
    pub(crate) digest: Option<String>,
    /// What to know of the file of the functions, where it isn't there or is out of date.
    pub(crate) stale: Option<String>,
    /// The Convex folders that are not there; their projects are the snapshot's.
    not_there: Vec<PathBuf>,
    /// What the projects that were read were made of.
    made_of: Vec<Source>,
}

impl Reading {
    /// Brings the snapshot and the projects together; gives a warning.
    pub(crate) fn settle(&self, snapshot: &Snapshot, mode: Mode) -> Result<Option<String>, Error> {
        let Some(absent) = self.not_there.first() else {
            return snapshot.settle(mode, &self.manifest, &self.made_of);
        };
        let path = snapshot.path().display();
        let absent = absent.display();
        match mode {
            Mode::Warn => Ok(Some(format!("{absent} is not there: built from {path}"))),
            Mode::Check | Mode::Write => Err(Error::Environment {
                message: format!(
                    "{}: {absent} is not there, so {path} can't be compared or written. Unset {} to build from it",
                    snapshot::VARIABLE,
                    snapshot::VARIABLE
                ),
            }),
        }
    }
}

/// Reads the projects that `byod.toml` names.
pub(crate) fn read(
    config: Config,
    limits: &Limits,
    apart: &BTreeMap<PathBuf, PathBuf>,
) -> Result<Reading, Error> {
    let snapshot = config.snapshot.as_ref().map(|file| config.beside(file));
    let mut sources = Sources {
        config: &config,
        limits,
        apart,
        snapshot: snapshot
            .map(|file| Snapshot::read(&config.path, file))
            .transpose()?,
        folders: Vec::new(),
        files: BTreeSet::new(),
        absent: BTreeSet::new(),
        not_there: Vec::new(),
        made_of: Vec::new(),
        own_digest: None,
    };
    if let Some(snapshot) = &sources.snapshot {
        sources.note(snapshot.path().to_owned());
    }
    let main = sources.project(&config.main, |manifest| Some(manifest.main))?;
    let own_digest = sources.own_digest.take();
    let user = match &config.user {
        Some(user) => Some(sources.project(user, |manifest| manifest.user)?),
        None => None,
    };
    check_tables(&config, &main, user.as_ref())?;
    check_outbox(&config, &main)?;
    check_mirror(&config, &main)?;
    let file = functions::file(&config.path);
    sources.note(file.clone());
    let judged = functions::read(&file)?;
    let is_judged = judged.is_some();
    let of_snapshot = || sources.snapshot.as_ref().and_then(Snapshot::placements);
    let placements = judged.or_else(of_snapshot);
    let Sources {
        snapshot,
        folders,
        files,
        absent,
        not_there,
        made_of,
        ..
    } = sources;
    let manifest = Manifest {
        format: Manifest::FORMAT,
        main,
        user,
        user_tables: config.tables.into_iter().map(|table| table.text).collect(),
        inject: config.inject,
        ownership: Ownership {
            deployments: config.deployments,
            owner: config
                .owner
                .into_iter()
                .map(|(table, field)| (table.text, field.text))
                .collect(),
            common: config.common.into_iter().map(|table| table.text).collect(),
        },
        mirror: Mirror {
            tables: config.mirror.into_iter().map(|table| table.text).collect(),
            never: config
                .never_mirror
                .into_iter()
                .map(|field| field.text)
                .collect(),
        },
        stated: config.stated,
        placements,
    };
    let digest = own_digest.map(|own| functions::digest(&own, &manifest));
    let digest = digest.transpose();
    let digest = digest.map_err(|error| Error::io(&file, error.into()))?;
    // Where main isn't there either, all is the snapshot's.
    let stale = digest
        .as_ref()
        .and_then(|digest| match (&manifest.placements, &snapshot) {
            (Some(judged), _) if is_judged => functions::stale(&file, judged, digest),
            (Some(_), Some(snapshot)) => Some(functions::of_snapshot(&file, snapshot.path())),
            _ => functions::absent(&file, &manifest),
        });
    Ok(Reading {
        digest,
        stale,
        snapshot,
        folders,
        files,
        absent,
        not_there,
        made_of,
        manifest,
    })
}

/// Where the projects come from, and what was found there.
struct Sources<'a> {
    config: &'a Config,
    limits: &'a Limits,
    apart: &'a BTreeMap<PathBuf, PathBuf>,
    snapshot: Option<Snapshot>,
    folders: Vec<PathBuf>,
    files: BTreeSet<PathBuf>,
    absent: BTreeSet<PathBuf>,
    not_there: Vec<PathBuf>,
    made_of: Vec<Source>,
    /// Of the files of the project that was read last.
    own_digest: Option<String>,
}

impl Sources<'_> {
    /// A file that counts where it is there, and from when it is.
    fn note(&mut self, file: PathBuf) {
        if file.is_file() {
            self.files.insert(file);
        } else {
            self.absent.insert(file);
        }
    }

    /// The project in the folder that `byod.toml` names, or else the snapshot's.
    fn project(
        &mut self,
        named: &Named,
        of: impl Fn(Manifest) -> Option<Project>,
    ) -> Result<Project, Error> {
        let folder = self.config.beside(named);
        if !folder.is_dir() && self.snapshot.is_none() {
            let fix = format!(
                "Correct `convex` on line {} of {}, or name a `snapshot` there to build without the folder",
                named.line,
                self.config.path.display()
            );
            return Err(Error::NoFolder { path: folder, fix });
        }
        if let Some(snapshot) = &self.snapshot
            && let Some(missing) = locate::missing(&folder)
        {
            let project = snapshot.project(&missing, of)?;
            if missing.is_dir() {
                self.folders.push(missing.clone());
            } else {
                self.absent.insert(missing.clone());
            }
            self.not_there.push(missing);
            return Ok(project);
        }
        self.note(folder.join("convex.json"));
        let folder = locate::convex_folder(&folder)?;
        self.folders.push(folder.clone());
        let apart = self.apart.get(&folder).map(PathBuf::as_path);
        let read = attempt(&folder, self.limits, apart)?;
        self.own_digest = Some(read.own_digest.clone());
        let is_whole = matches!(&read.reading, Ok(reading) if reading.warnings.is_empty());
        let same = || self.snapshot.as_ref()?.of_same(&read.digest, &of);
        // Packages that aren't installed here were when the snapshot was written.
        let of_snapshot = if is_whole || read.missing.is_empty() || apart.is_some() {
            None
        } else {
            same()
        };
        // What was read without packages must not stand for what they say.
        let warnings = match (&read.reading, &of_snapshot) {
            (_, Some(project)) => Some(project.warnings.clone()),
            (Ok(reading), None) if read.missing.is_empty() => Some(reading.warnings.clone()),
            _ => None,
        };
        self.made_of
            .push(warnings.map_or_else(Source::default, |warnings| Source {
                digest: read.digest.clone(),
                warnings,
            }));
        let reading = match (read.reading, of_snapshot) {
            (Ok(reading), of_snapshot) => (reading, of_snapshot),
            (Err(_), Some(project)) => return Ok(project),
            (Err(error), None) => return Err(error),
        };
        let (reading, of_snapshot) = reading;
        let ProjectReading {
            schema,
            functions,
            warnings,
            files: read,
            absent,
        } = reading;
        // The folder itself is watched.
        let folder = fs::canonicalize(&folder).map_err(|error| Error::io(&folder, error))?;
        let outside = read.into_iter().filter(|file| !file.starts_with(&folder));
        self.files.extend(outside);
        let outside = absent.into_iter().filter(|file| !file.starts_with(&folder));
        self.absent.extend(outside);
        if let Some(project) = of_snapshot {
            return Ok(project);
        }
        Ok(Project {
            convex: named.text.clone(),
            schema: schema.value,
            functions: functions
                .into_iter()
                .map(|(path, function)| (path, function.value))
                .collect(),
            warnings,
        })
    }
}

/// Every table of `byod.toml` must be in the schemas.
fn check_tables(config: &Config, main: &Project, user: Option<&Project>) -> Result<(), Error> {
    let projects = [
        (Some(main), Some(&config.main)),
        (user, config.user.as_ref()),
    ];
    for table in &config.tables {
        for (project, named) in projects {
            let (Some(project), Some(named)) = (project, named) else {
                continue;
            };
            if project.schema.table(&table.text).is_some() {
                continue;
            }
            let folder = config.beside(named);
            let is_declared = locate::convex_folder(&folder)
                .is_ok_and(|folder| locate::schema_of(&folder).is_some());
            if project.schema.tables.is_empty() && folder.is_dir() && !is_declared {
                let message = format!(
                    "{} has no schema.ts, so nothing says what the table `{}` holds. Add one that declares it, or remove the table from `user.tables`",
                    folder.display(),
                    table.text
                );
                return Err(config.error(table.line, message));
            }
            let hint = match nearest(&table.text, project.schema.table_names()) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "Add it there, or remove it from `user.tables`".to_owned(),
            };
            let message = format!(
                "the schema of {} has no table `{}`. {hint}",
                config.beside(named).display(),
                table.text
            );
            return Err(config.error(table.line, message));
        }
    }
    Ok(())
}

/// What is written from users' deployments must be a table of main's own.
fn check_outbox(config: &Config, main: &Project) -> Result<(), Error> {
    for table in &config.outbox {
        let name = &table.text;
        if config.tables.iter().any(|of_users| of_users.text == *name) {
            let message = format!(
                "`user.outbox` names `{name}`, which is the users' own in `user.tables`. Remove one"
            );
            return Err(config.error(table.line, message));
        }
        if main.schema.table(name).is_none() {
            let hint = match nearest(name, main.schema.table_names()) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "Remove it from `user.outbox`".to_owned(),
            };
            let message = format!("`user.outbox` names `{name}`, which main doesn't have. {hint}");
            return Err(config.error(table.line, message));
        }
    }
    Ok(())
}

/// What is mirrored must be there on main, and so must be what never leaves it.
fn check_mirror(config: &Config, main: &Project) -> Result<(), Error> {
    for table in &config.mirror {
        if main.schema.table(&table.text).is_none() {
            let hint = match nearest(&table.text, main.schema.table_names()) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "Remove it from `user.mirror`".to_owned(),
            };
            let message = format!("main has no table `{}` to mirror. {hint}", table.text);
            return Err(config.error(table.line, message));
        }
    }
    for never in &config.never_mirror {
        let (of, name) = match never.text.split_once('.') {
            Some((table, field)) => (Some(table), field),
            None => (None, never.text.as_str()),
        };
        let mirrored = config.mirror.iter().map(|table| table.text.as_str());
        let tables = mirrored.filter(|table| of.is_none_or(|of| of == *table));
        let documents = tables.filter_map(|table| Some(&main.schema.table(table)?.document_type));
        let declared: Vec<_> = documents.map(Validator::document_fields).collect();
        let is_open = declared.iter().any(Option::is_none);
        let fields: BTreeSet<&str> = declared.into_iter().flatten().flatten().collect();
        if is_open || fields.contains(name) {
            continue;
        }
        let hint = match nearest(name, fields.iter().copied()) {
            Some(meant) => format!("Did you mean `{meant}`?"),
            None => "Remove it there".to_owned(),
        };
        let message = format!(
            "`user.never_mirror` names `{}`, which no mirrored table has. {hint}",
            never.text
        );
        return Err(config.error(never.line, message));
    }
    Ok(())
}
