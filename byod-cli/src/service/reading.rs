//! `byod read` and `byod snapshot`: what projects declare, read with their packages.

mod managers;
mod packages;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use byod_build::{Builder, Limits, ProjectReading, read_project};
use serde::Serialize;
use serde_json::value::RawValue;

use self::packages::Installed;
use crate::error::Error;

/// What one project declares.
#[derive(Debug, Serialize)]
pub(crate) struct Declared {
    pub(crate) schema: Box<RawValue>,
    pub(crate) functions: BTreeMap<String, Box<RawValue>>,
    pub(crate) warnings: Vec<String>,
}

impl From<ProjectReading> for Declared {
    fn from(reading: ProjectReading) -> Self {
        let functions = reading.functions.into_iter();
        Self {
            schema: reading.schema.json,
            functions: functions
                .map(|(path, function)| (path.to_string(), function.json))
                .collect(),
            warnings: reading.warnings,
        }
    }
}

/// Reads one project: as a build does, or with the packages that it imports.
pub(crate) fn read(folder: &Path, with_packages: bool) -> Result<Declared, Error> {
    let reading = if with_packages {
        let (attempt, installed) = packages::read(folder)?;
        let mut reading = attempt.reading?;
        let warnings = installed.into_iter().flat_map(Installed::into_warnings);
        reading.warnings.extend(warnings);
        reading
    } else {
        read_project(folder, &Limits::default())?
    };
    Ok(reading.into())
}

/// The snapshot that was written.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) snapshot: PathBuf,
    /// What could not be read, with the packages too.
    pub(crate) warnings: Vec<String>,
}

/// Writes the snapshot, read with the packages that the projects import.
pub(crate) fn snapshot(config: &Path) -> Result<Report, Error> {
    let builder = Builder::new().config(config);
    // Before anything is installed for it.
    builder.check_before_snapshot()?;
    let folders = builder.folders()?;
    let mut installed = Vec::new();
    let mut apart = BTreeMap::new();
    for folder in [Some(folders.main), folders.user].into_iter().flatten() {
        let (_, packages) = packages::read(&folder)?;
        if let Some(packages) = packages {
            apart.insert(folder, packages.folder().to_owned());
            installed.push(packages);
        }
    }
    let (snapshot, mut warnings) = builder.packages(apart).write_snapshot()?;
    warnings.extend(installed.into_iter().flat_map(Installed::into_warnings));
    Ok(Report { snapshot, warnings })
}
