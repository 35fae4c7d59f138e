//! The snapshot: the manifest as a file that is committed, so that the service
//! builds where the Convex projects are not.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use byod_schema::{Manifest, Placements, Project};

use crate::error::Error;
use crate::limits::{read_text, replace_file};

/// The environment variable that says what a build does with the snapshot.
pub(crate) const VARIABLE: &str = "BYOD_SNAPSHOT";

/// How to write the snapshot, as messages say it.
const RENEW: &str = "Run `byod snapshot` where the Convex projects are";

/// What a build does where the snapshot isn't what the projects declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Say so, and build from the projects.
    Warn,
    /// Fail; for CI.
    Check,
    /// Write it.
    Write,
}

impl Mode {
    /// What the environment says.
    pub(crate) fn from_env() -> Result<Self, Error> {
        let Some(value) = env::var_os(VARIABLE) else {
            return Ok(Self::Warn);
        };
        match value.to_str() {
            Some("") => Ok(Self::Warn),
            Some("check") => Ok(Self::Check),
            Some("write") => Ok(Self::Write),
            _ => Err(Error::Environment {
                message: format!(
                    "{VARIABLE} is `{}`. Known are `write`, which writes the snapshot, and `check`, which fails where it is out of date",
                    value.display()
                ),
            }),
        }
    }
}

/// The file that `snapshot` in `byod.toml` names.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// `byod.toml`, which names it.
    config: PathBuf,
    path: PathBuf,
    /// `None` where there is no such file yet.
    text: Option<String>,
}

impl Snapshot {
    /// Reads the file, if there is one.
    pub(crate) fn read(config: &Path, path: PathBuf) -> Result<Self, Error> {
        let text = match read_text(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io(&path, error)),
        };
        let config = config.to_owned();
        Ok(Self { config, path, text })
    }

    /// Writes it where there is none yet, or in place of another one: `byod.toml` may name
    /// any file, and be anybody's.
    fn write(&self, text: &str) -> Result<(), Error> {
        if self
            .text
            .as_deref()
            .is_some_and(|there| !is_snapshot(there))
        {
            return Err(Error::Snapshot {
                path: self.path.clone(),
                message: "this is no snapshot, so it isn't written over. Remove it, or name another file as `snapshot` in byod.toml".to_owned(),
            });
        }
        replace_file(&self.config, &self.path, text.as_bytes())
            .map_err(|error| Error::io(&self.path, error))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A project that isn't read, for the reason `why`, as it was when the snapshot was
    /// written.
    pub(crate) fn project(
        &self,
        why: &str,
        of: impl Fn(Manifest) -> Option<Project>,
    ) -> Result<Project, Error> {
        let project = match self.text.as_deref().map(parse) {
            Some(Ok(manifest)) => {
                of(manifest).ok_or("this snapshot was written without it".to_owned())
            }
            Some(Err(reason)) => Err(reason),
            None => Err("there is no such snapshot either".to_owned()),
        };
        project.map_err(|reason| Error::Snapshot {
            path: self.path.clone(),
            message: format!("{why}, and {reason}. {RENEW}"),
        })
    }

    /// Where the functions run, as it was when the snapshot was written.
    pub(crate) fn placements(&self) -> Option<Placements> {
        parse(self.text.as_deref()?).ok()?.placements
    }

    /// A project as it was when the snapshot was written, where it was written of the same
    /// files and versions: with packages that may not be installed here.
    pub(crate) fn of_same(
        &self,
        digest: &str,
        of: impl Fn(Manifest) -> Option<Project>,
    ) -> Option<Project> {
        let text = self.text.as_deref()?;
        let mut known = sources(text)?.into_iter();
        let same = known.find(|one| one.digest == digest && !digest.is_empty())?;
        let project = parse(text).ok().and_then(of)?;
        Some(Project {
            warnings: same.warnings,
            ..project
        })
    }

    /// Brings the file and what was read together, as `mode` says, with what the
    /// projects were made of. Gives what the user must be told.
    pub(crate) fn settle(
        &self,
        mode: Mode,
        read: &Manifest,
        sources: &[Source],
    ) -> Result<Option<String>, Error> {
        let failed = |error: serde_json::Error| Error::io(&self.path, error.into());
        let known = self.text.as_deref().and_then(self::sources);
        let known = known.unwrap_or_default();
        let written = text(read, sources).map_err(failed)?;
        // What the projects declare may be the same where their files are not.
        let text = text(read, &known).map_err(failed)?;
        let difference = match self.text.as_deref() {
            None => "there is no such snapshot yet".to_owned(),
            // Git may have given it other ends of lines.
            Some(known) if known.replace("\r\n", "\n") == text => {
                if mode == Mode::Write && written != text {
                    self.write(&written)?;
                }
                return Ok(None);
            }
            Some(known) => parse(known).map_or_else(|reason| reason, |old| difference(&old, read)),
        };
        if mode == Mode::Write {
            self.write(&written)?;
            return Ok(None);
        }
        self.out_of_date(mode, difference)
    }

    /// An error in CI, and else a warning.
    pub(crate) fn out_of_date(&self, mode: Mode, why: String) -> Result<Option<String>, Error> {
        let error = Error::Snapshot {
            path: self.path.clone(),
            message: format!("{why}. {RENEW}"),
        };
        match mode {
            Mode::Check => Err(error),
            _ => Ok(Some(error.to_string())),
        }
    }

    /// What a project was made of when the snapshot was written: main's is the first.
    #[cfg_attr(
        feature = "reader",
        allow(dead_code, reason = "asked where there is no reader")
    )]
    pub(crate) fn source(&self, which: usize) -> Option<Source> {
        sources(self.text.as_deref()?)?.into_iter().nth(which)
    }
}

/// Whether a text begins as snapshots do, also those of other versions and those that a
/// merge left with conflicts; an empty one holds nothing.
fn is_snapshot(text: &str) -> bool {
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return true;
    }
    for part in ["{", "\"format\"", ":"] {
        match rest.strip_prefix(part) {
            Some(behind) => rest = behind.trim_start(),
            None => return false,
        }
    }
    rest.starts_with(|next: char| next.is_ascii_digit())
}

fn parse(text: &str) -> Result<Manifest, String> {
    let format = serde_json::from_str::<serde_json::Value>(text)
        .map_err(|error| format!("this is no snapshot: {error}"))?["format"]
        .as_u64();
    if format != Some(Manifest::FORMAT.into()) {
        return Err("this snapshot was written by another version of byod-build".to_owned());
    }
    serde_json::from_str(text).map_err(|error| format!("this is no snapshot: {error}"))
}

/// What a project in a snapshot was made of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Source {
    /// Of its files and versions; empty where packages were missing.
    pub(crate) digest: String,
    /// What could not be read with all packages there.
    pub(crate) warnings: Vec<String>,
    /// Of its own files alone, for builds that don't read what they say.
    #[serde(default)]
    pub(crate) files: String,
    /// Its own files outside of the Convex folder, as seen from there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) outside: BTreeSet<String>,
}

fn sources(text: &str) -> Option<Vec<Source>> {
    #[derive(Deserialize)]
    struct Of {
        sources: Vec<Source>,
    }
    serde_json::from_str::<Of>(text).ok().map(|of| of.sources)
}

/// What is committed: no warnings, which depend on the machine that wrote them.
fn text(manifest: &Manifest, sources: &[Source]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Written<'a> {
        #[serde(flatten)]
        manifest: &'a Manifest,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        sources: &'a [Source],
    }
    let mut manifest = manifest.clone();
    for project in [Some(&mut manifest.main), manifest.user.as_mut()]
        .into_iter()
        .flatten()
    {
        project.warnings.clear();
    }
    // Of whom the functions were judged is said by the file of the functions.
    if let Some(placements) = &mut manifest.placements {
        placements.digest.clear();
    }
    let written = Written {
        manifest: &manifest,
        sources,
    };
    serde_json::to_string_pretty(&written).map(|text| text + "\n")
}

/// How many differences a message names.
const MAX_NAMED: usize = 5;

fn difference(old: &Manifest, new: &Manifest) -> String {
    let mut found = Vec::new();
    projects(&mut found, "main", Some(&old.main), Some(&new.main));
    projects(&mut found, "user", old.user.as_ref(), new.user.as_ref());
    let said = |manifest: &Manifest| {
        let Manifest {
            user_tables,
            inject,
            ownership,
            mirror,
            moves,
            stated,
            ..
        } = manifest.clone();
        (user_tables, inject, ownership, mirror, moves, stated)
    };
    if said(old) != said(new) {
        found.push("[user] in byod.toml changed".to_owned());
    }
    let functions = |manifest: &Manifest| {
        let placements = manifest.placements.as_ref();
        placements.map(|placements| placements.functions.clone())
    };
    if functions(old) != functions(new) {
        found.push("where functions run changed".to_owned());
    }
    if found.is_empty() {
        return "it is written in another way than byod-build writes it".to_owned();
    }
    let more = found.len().saturating_sub(MAX_NAMED);
    found.truncate(MAX_NAMED);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    format!("it is out of date: {}", found.join(", "))
}

fn projects(found: &mut Vec<String>, name: &str, old: Option<&Project>, new: Option<&Project>) {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (None, None) => return,
        (old, _) => {
            let word = if old.is_some() { "removed" } else { "new" };
            return found.push(format!("the {name} project is {word}"));
        }
    };
    let tables = |project: &Project| -> BTreeMap<_, _> {
        let tables = project.schema.tables.iter();
        tables
            .map(|table| (table.table_name.clone(), table.clone()))
            .collect()
    };
    entries(found, &format!("{name} table"), &tables(old), &tables(new));
    let what = format!("{name} function");
    entries(found, &what, &old.functions, &new.functions);
    if old.schema.schema_validation != new.schema.schema_validation {
        found.push(format!("{name} schemaValidation changed"));
    }
    if old.convex != new.convex {
        found.push(format!("{name}.convex in byod.toml changed"));
    }
}

fn entries<K: Ord + std::fmt::Display, V: PartialEq>(
    found: &mut Vec<String>,
    what: &str,
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
) {
    for (name, value) in new {
        match old.get(name) {
            None => found.push(format!("{what} `{name}` is new")),
            Some(known) if known != value => found.push(format!("{what} `{name}` changed")),
            Some(_) => {}
        }
    }
    let removed = old.keys().filter(|name| !new.contains_key(name));
    found.extend(removed.map(|name| format!("{what} `{name}` is removed")));
}
