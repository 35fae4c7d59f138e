//! Projects are read in their folders, and taken from the snapshot where those aren't there.

use std::fs;
use std::path::PathBuf;

use byod_schema::{Manifest, Project};

use super::reading::Sources;
use super::snapshot::Source;
use crate::config::Named;
use crate::error::Error;
use crate::folder;
use crate::project::{ProjectReading, attempt};

impl Sources<'_> {
    /// The project in the folder that `byod.toml` names, or else the snapshot's; `fix` begins
    /// what to do where there is neither.
    pub(super) fn project(
        &mut self,
        named: &Named,
        fix: &str,
        of: impl Fn(Manifest) -> Option<Project>,
    ) -> Result<Project, Error> {
        let folder = self.config.beside(named);
        if !folder.is_dir() && self.snapshot.is_none() {
            let fix = format!(
                "{fix} `convex` on line {} of {}, or name a `snapshot` there to build without the folder",
                named.line,
                self.config.path.display()
            );
            return Err(Error::NoFolder { path: folder, fix });
        }
        if let Some(snapshot) = &self.snapshot
            && let Some(missing) = folder::missing(&folder)
        {
            let why = format!("{} is not there", missing.display());
            let project = snapshot.project(&why, of)?;
            self.absent.extend(folder::would_be(&missing));
            self.not_there.push(missing);
            return Ok(project);
        }
        self.note(folder.join("convex.json"));
        let folder = folder::convex_folder(&folder)?;
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
        let files = folder::digest(&folder, &read.outside);
        let files = files.map_err(|error| Error::io(&folder, error))?;
        self.made_of.push(Source {
            digest: warnings
                .as_ref()
                .map_or_else(String::new, |_| read.digest.clone()),
            warnings: warnings.unwrap_or_default(),
            files,
            outside: read.outside.clone(),
        });
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
            schema_version,
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
            schema_version: schema_version.map(|version| version as u64),
        })
    }
}
