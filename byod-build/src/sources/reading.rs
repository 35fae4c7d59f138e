//! Brings together what `byod.toml`, the projects and the file of the functions say.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::path::PathBuf;

use byod_schema::{Manifest, Mirror, Ownership, Project};

use super::checks;
use super::snapshot::{self, Mode, Snapshot, Source};
use crate::config::{Config, functions};
use crate::error::Error;
use crate::limits::Limits;

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
    /// The Convex folders whose files are not those of which the snapshot was written.
    #[cfg_attr(
        feature = "reader",
        allow(dead_code, reason = "asked where there is no reader")
    )]
    changed: Vec<PathBuf>,
}

impl Reading {
    /// Without the reader: what was read is the snapshot; gives a warning where it is old.
    #[cfg(not(feature = "reader"))]
    pub(crate) fn settle(&self, snapshot: &Snapshot, mode: Mode) -> Result<Option<String>, Error> {
        if mode == Mode::Write {
            return Err(Error::Environment {
                message: format!(
                    "{}: a build without the reader (`default-features = false` of byod-build) can't write {}. Run `byod snapshot`",
                    snapshot::VARIABLE,
                    snapshot.path().display()
                ),
            });
        }
        let Some(changed) = self.changed.first() else {
            return Ok(None);
        };
        let changed = format!("it was written before {} changed", changed.display());
        snapshot.out_of_date(mode, changed)
    }

    /// Brings the snapshot and the projects together; gives a warning.
    #[cfg(feature = "reader")]
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
    mut config: Config,
    limits: &Limits,
    apart: &BTreeMap<PathBuf, PathBuf>,
) -> Result<Reading, Error> {
    let mut wrong = mem::take(&mut config.mistakes);
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
        changed: Vec::new(),
        own_digest: None,
    };
    if let Some(snapshot) = &sources.snapshot {
        sources.note(snapshot.path().to_owned());
    }
    let main = sources.project(&config.main, "Correct", |manifest| Some(manifest.main));
    let own_digest = sources.own_digest.take();
    let user = config.user.as_ref();
    let user = user.map(|user| {
        const FIX: &str = "Write it with `byod export`, or correct";
        sources.project(user, FIX, |manifest| manifest.user)
    });
    let mut known = |project: Result<Project, Error>| project.map_err(|e| wrong.push(e)).ok();
    let (main, user) = (known(main), user.and_then(&mut known));
    if let Some(main) = &main {
        wrong.extend(checks::all(&config, main, user.as_ref()));
    }
    let Some(main) = main.filter(|_| wrong.is_empty()) else {
        return Err(Error::several(wrong));
    };
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
        changed,
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
            published: config.published.into_iter().map(|t| t.text).collect(),
            never: config
                .never_mirror
                .into_iter()
                .map(|field| field.text)
                .collect(),
        },
        moves: config.moves,
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
        changed,
        manifest,
    })
}

/// Where the projects come from, and what was found there.
pub(super) struct Sources<'a> {
    pub(super) config: &'a Config,
    pub(super) limits: &'a Limits,
    pub(super) apart: &'a BTreeMap<PathBuf, PathBuf>,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) folders: Vec<PathBuf>,
    pub(super) files: BTreeSet<PathBuf>,
    pub(super) absent: BTreeSet<PathBuf>,
    pub(super) not_there: Vec<PathBuf>,
    pub(super) made_of: Vec<Source>,
    pub(super) changed: Vec<PathBuf>,
    /// Of the files of the project that was read last.
    pub(super) own_digest: Option<String>,
}

impl Sources<'_> {
    /// A file that counts where it is there, and from when it is.
    pub(super) fn note(&mut self, file: PathBuf) {
        if file.is_file() {
            self.files.insert(file);
        } else {
            self.absent.insert(file);
        }
    }
}
