use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use byod_schema::{Manifest, Project, nearest};

use crate::config::{Config, Named};
use crate::{Error, Limits, ProjectReading, read_project};

/// Reads `byod.toml` beside `Cargo.toml` and writes the manifest; for `build.rs`.
///
/// Where something is wrong, prints the reason in one or two lines and ends the
/// build. [`Builder`] is for other paths and limits.
pub fn emit() {
    Builder::new().emit();
}

/// Reads `byod.toml` and the Convex projects it names.
#[derive(Clone, Debug)]
pub struct Builder {
    config: PathBuf,
    out_dir: Option<PathBuf>,
    limits: Limits,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// Reads `byod.toml` in the present folder, which for `build.rs` is that of
    /// `Cargo.toml`.
    pub fn new() -> Self {
        Self {
            config: PathBuf::from("byod.toml"),
            out_dir: None,
            limits: Limits::default(),
        }
    }

    /// The path of `byod.toml`. Paths inside it are relative to its folder.
    pub fn config(mut self, path: impl Into<PathBuf>) -> Self {
        self.config = path.into();
        self
    }

    /// Where the manifest is written. Default: Cargo's `OUT_DIR`.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// What running a project's modules may cost.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads the projects, without writing or printing anything.
    ///
    /// # Errors
    ///
    /// Where `byod.toml` or a schema can't be read, or they contradict each other.
    pub fn read(&self) -> Result<Manifest, Error> {
        self.read_all().map(|reading| reading.manifest)
    }

    /// Reads main's project alone: the manifest as it is before there is a project
    /// for users' deployments.
    ///
    /// # Errors
    ///
    /// As [`Builder::read`], but for what concerns the users' project.
    pub fn read_main(&self) -> Result<Manifest, Error> {
        let config = Config::read(&self.config)?;
        self.manifest(config, false, &mut Vec::new())
    }

    /// Where `byod.toml` says the projects are, whether or not they are there.
    ///
    /// # Errors
    ///
    /// Where `byod.toml` can't be read.
    pub fn folders(&self) -> Result<Folders, Error> {
        let config = Config::read(&self.config)?;
        Ok(Folders {
            main: config.folder(&config.main),
            user: config.user.as_ref().map(|user| config.folder(user)),
        })
    }

    /// Writes the manifest and tells Cargo about it; ends the build where that fails.
    pub fn emit(&self) {
        if let Err(error) = self.try_emit() {
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
            eprintln!("error: {error}");
            process::exit(1);
        }
    }

    fn try_emit(&self) -> Result<(), Error> {
        // Also where reading fails: the next build must look again.
        println!("cargo::rerun-if-changed={}", self.config.display());
        let reading = self.read_all().inspect_err(|_| self.watch_folders())?;
        let out_dir = match &self.out_dir {
            Some(folder) => folder.clone(),
            None => env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| {
                let message =
                    "OUT_DIR is not set: call this from build.rs, or set `Builder::out_dir`";
                Error::Config {
                    path: self.config.clone(),
                    line: None,
                    message: message.to_owned(),
                }
            })?,
        };
        let path = out_dir.join("byod-manifest.json");
        write_if_changed(&path, &reading.manifest)?;
        self.watch_folders();
        for file in reading.files {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        let manifest = &reading.manifest;
        let projects = [Some(&manifest.main), manifest.user.as_ref()];
        let warnings: Vec<_> = projects
            .iter()
            .flatten()
            .flat_map(|p| &p.warnings)
            .collect();
        for warning in warnings.iter().take(MAX_WARNINGS) {
            println!("cargo::warning={warning}");
        }
        if let Some(more @ 1..) = warnings.len().checked_sub(MAX_WARNINGS) {
            println!(
                "cargo::warning=and {more} more, all of them in {}",
                path.display()
            );
        }
        println!("cargo::rustc-env=BYOD_MANIFEST={}", path.display());
        Ok(())
    }

    /// New modules show in the folders alone.
    fn watch_folders(&self) {
        let Ok(config) = Config::read(&self.config) else {
            return;
        };
        for project in [Some(&config.main), config.user.as_ref()]
            .into_iter()
            .flatten()
        {
            let folder = config.folder(project);
            if folder.is_dir() {
                println!("cargo::rerun-if-changed={}", folder.display());
            }
        }
    }

    fn read_all(&self) -> Result<Reading, Error> {
        let config = Config::read(&self.config)?;
        let mut files = Vec::new();
        let manifest = self.manifest(config, true, &mut files)?;
        Ok(Reading { manifest, files })
    }

    fn manifest(
        &self,
        config: Config,
        with_user: bool,
        files: &mut Vec<PathBuf>,
    ) -> Result<Manifest, Error> {
        let main = self.project(&config, &config.main, files)?;
        let user = config
            .user
            .as_ref()
            .filter(|_| with_user)
            .map(|user| self.project(&config, user, files))
            .transpose()?;
        check_tables(&config, &main, user.as_ref())?;
        Ok(Manifest {
            format: Manifest::FORMAT,
            main,
            user,
            user_tables: config.tables.into_iter().map(|table| table.text).collect(),
            inject: config.inject,
        })
    }

    fn project(
        &self,
        config: &Config,
        named: &Named,
        files: &mut Vec<PathBuf>,
    ) -> Result<Project, Error> {
        let folder = config.folder(named);
        if !folder.is_dir() {
            let fix = format!(
                "Correct `convex` on line {} of {}",
                named.line,
                config.path.display()
            );
            return Err(Error::NoFolder { path: folder, fix });
        }
        let reading = read_project(&folder, &self.limits)?;
        let ProjectReading {
            schema,
            functions,
            warnings,
            files: read,
        } = reading;
        // The folder itself is watched.
        let folder = fs::canonicalize(&folder).map_err(|error| Error::io(&folder, error))?;
        files.extend(read.into_iter().filter(|file| !file.starts_with(&folder)));
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

/// How many warnings a build prints; a project without its packages has many.
const MAX_WARNINGS: usize = 10;

/// The Convex folders that `byod.toml` names, seen from where its path was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Folders {
    /// The service's own project.
    pub main: PathBuf,
    /// The project of the users' deployments, where one is named.
    pub user: Option<PathBuf>,
}

struct Reading {
    manifest: Manifest,
    /// Outside of the Convex folders.
    files: Vec<PathBuf>,
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
            let hint = match nearest(&table.text, project.schema.table_names()) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "Add it there, or remove it from `user.tables`".to_owned(),
            };
            let message = format!(
                "the schema of {} has no table `{}`. {hint}",
                config.folder(named).display(),
                table.text
            );
            return Err(config.error(table.line, message));
        }
    }
    Ok(())
}

/// A file that is written anew makes Cargo compile everything that reads it.
fn write_if_changed(path: &Path, manifest: &Manifest) -> Result<(), Error> {
    let json = serde_json::to_vec(manifest).map_err(|error| Error::io(path, error.into()))?;
    if fs::read(path).is_ok_and(|known| known == json) {
        return Ok(());
    }
    fs::write(path, json).map_err(|error| Error::io(path, error))
}
