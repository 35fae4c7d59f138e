use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process;

use byod_schema::{Manifest, Placements};

use crate::config::{Config, functions};
use crate::error::Error;
use crate::folder;
use crate::limits::{Limits, read_file, read_text, replace_file, write_file};
use crate::sources::{self, Mode, Reading};
use crate::watch::{self, rerun_if_changed, tell};

/// Reads `byod.toml` beside `Cargo.toml` and writes the manifest; for `build.rs`.
///
/// Where something is wrong, prints the reason in one or two lines and ends the
/// build. [`Builder`] is for other paths and limits.
///
/// ```no_run
/// // In `build.rs`, all of its `main`.
/// byod_build::emit();
/// ```
pub fn emit() {
    Builder::new().emit();
}

/// Reads `byod.toml` and the Convex projects it names.
///
/// ```no_run
/// // In `build.rs`, where `byod.toml` is elsewhere.
/// byod_build::Builder::new().config("../byod.toml").emit();
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    config: PathBuf,
    out_dir: Option<PathBuf>,
    limits: Limits,
    apart: BTreeMap<PathBuf, PathBuf>,
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
            apart: BTreeMap::new(),
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

    /// Where packages are installed that the projects haven't installed themselves: by
    /// the Convex folder as [`Builder::folders`] gives it, the folder that has them in its
    /// `node_modules`.
    pub fn packages(mut self, apart: BTreeMap<PathBuf, PathBuf>) -> Self {
        self.apart = apart;
        self
    }

    /// Writes what the projects declare into the snapshot that `byod.toml` names, and
    /// gives its path and what could not be read.
    ///
    /// # Errors
    ///
    /// As [`Builder::read`], and where `byod.toml` names no snapshot.
    pub fn write_snapshot(&self) -> Result<(PathBuf, Vec<String>), Error> {
        let reading = self.read_sources()?;
        let Some(snapshot) = &reading.snapshot else {
            return Err(self.no_snapshot());
        };
        reading.settle(snapshot, Mode::Write)?;
        let manifest = &reading.manifest;
        let projects = [Some(&manifest.main), manifest.user.as_ref()];
        let warnings = projects.iter().flatten().flat_map(|p| p.warnings.clone());
        Ok((snapshot.path().to_owned(), warnings.collect()))
    }

    /// Whether `byod.toml` is such that [`Builder::write_snapshot`] can work, as far as that
    /// shows without packages that aren't installed.
    ///
    /// # Errors
    ///
    /// With all that is wrong with it.
    pub fn check_before_snapshot(&self) -> Result<(), Error> {
        let config = Config::read(&self.config)?;
        if config.snapshot.is_none() {
            return Err(self.no_snapshot());
        }
        let user = config.user.as_ref();
        let user = user.map(|user| (user, "Write it with `byod export`, or correct"));
        for (named, fix) in [Some((&config.main, "Correct")), user]
            .into_iter()
            .flatten()
        {
            let path = config.beside(named);
            if !path.is_dir() {
                let file = self.config.display();
                let fix = format!("{fix} `convex` on line {} of {file}", named.line);
                return Err(Error::NoFolder { path, fix });
            }
        }
        match self.read_sources() {
            Err(error) => error.of_config().map_or(Ok(()), Err),
            Ok(_) => Ok(()),
        }
    }

    fn no_snapshot(&self) -> Error {
        let message =
            "no snapshot is named. Add as its first line: snapshot = \"byod-snapshot.json\"";
        Error::Config {
            path: self.config.clone(),
            line: None,
            message: message.to_owned(),
        }
    }

    /// As [`Builder::read`], and in what the snapshot that `byod.toml` names isn't what the
    /// projects declare; `None` where it is, or none is named.
    ///
    /// # Errors
    ///
    /// As [`Builder::read`].
    pub fn read_with_snapshot(&self) -> Result<(Manifest, Option<Error>), Error> {
        let reading = self.read_sources()?;
        let snapshot = reading.snapshot.as_ref();
        let settled = snapshot.map(|snapshot| reading.settle(snapshot, Mode::Check));
        let difference = settled.and_then(Result::err);
        Ok((reading.manifest, difference))
    }

    /// Reads the projects, or the snapshot where they are not there, without
    /// writing or printing anything.
    ///
    /// # Errors
    ///
    /// Where `byod.toml` or a schema can't be read, or they contradict each other.
    pub fn read(&self) -> Result<Manifest, Error> {
        self.read_sources().map(|reading| reading.manifest)
    }

    /// As [`Builder::read`], with the digest of main's own files and of what `byod.toml`
    /// says, by which it shows whether functions were judged as they are now. There is none
    /// where main's project comes from the snapshot.
    ///
    /// # Errors
    ///
    /// As [`Builder::read`].
    pub fn read_with_digest(&self) -> Result<(Manifest, Option<String>), Error> {
        let reading = self.read_sources()?;
        Ok((reading.manifest, reading.digest))
    }

    /// Reads main's project alone: the manifest as it is before there is a project
    /// for users' deployments, and the digest as of [`Builder::read_with_digest`].
    ///
    /// # Errors
    ///
    /// As [`Builder::read`], but for what concerns the users' project.
    pub fn read_main(&self) -> Result<(Manifest, Option<String>), Error> {
        let mut config = Config::read(&self.config)?;
        config.user = None;
        let reading = sources::read(config, &self.limits, &self.apart)?;
        Ok((reading.manifest, reading.digest))
    }

    /// Writes where each function of main runs into the file beside `byod.toml` from which
    /// builds take it, and gives its path and whether it was another before.
    ///
    /// # Errors
    ///
    /// Where the file can't be written.
    pub fn write_placements(&self, placements: &Placements) -> Result<(PathBuf, bool), Error> {
        let file = functions::file(&self.config);
        let failed = |error| Error::io(&file, error);
        let text = functions::text(placements).map_err(|error| failed(error.into()))?;
        // Git may have given it other ends of lines.
        let known = read_text(&file).map(|known| known.replace("\r\n", "\n"));
        if known.is_ok_and(|known| known == text) {
            return Ok((file, false));
        }
        replace_file(&self.config, &file, text.as_bytes()).map_err(failed)?;
        Ok((file, true))
    }

    /// Where `byod.toml` says the projects are, whether or not they are there.
    ///
    /// # Errors
    ///
    /// Where `byod.toml` can't be read, or an app's Convex folder would be outside of its project.
    pub fn folders(&self) -> Result<Folders, Error> {
        let config = Config::read(&self.config)?;
        let folder = |named: &_| {
            let named = config.beside(named);
            match folder::convex_folder(&named) {
                Err(error @ Error::FolderOutside { .. }) => Err(error),
                found => Ok(found.unwrap_or(named)),
            }
        };
        Ok(Folders {
            main: folder(&config.main)?,
            user: config.user.as_ref().map(folder).transpose()?,
        })
    }

    /// Writes the manifest and tells Cargo about it; ends the build where that fails.
    pub fn emit(&self) {
        if let Err(error) = self.try_emit() {
            for line in error.to_string().lines() {
                tell("error", line);
            }
            eprintln!("error: {error}");
            process::exit(1);
        }
    }

    fn try_emit(&self) -> Result<(), Error> {
        // Also where reading fails: the next build must look again.
        rerun_if_changed(&self.config);
        tell("rerun-if-env-changed", sources::VARIABLE);
        let mode = Mode::from_env()?;
        let reading = self.read_sources().inspect_err(|_| self.watch_folders())?;
        for folder in &reading.folders {
            rerun_if_changed(folder);
        }
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
        watch::watch(&out_dir, &reading.files, &reading.absent);
        match &reading.snapshot {
            Some(snapshot) => {
                if let Some(warning) = reading.settle(snapshot, mode)? {
                    tell("warning", warning);
                }
            }
            // Not an error: the variable is for all crates of a workspace.
            None if mode != Mode::Warn => tell(
                "warning",
                format_args!(
                    "{} is set, but {} names no snapshot. Add as its first line: snapshot = \"byod-snapshot.json\"",
                    sources::VARIABLE,
                    self.config.display()
                ),
            ),
            None => {}
        }
        if let Some(stale) = &reading.stale {
            tell("warning", stale);
        }
        let manifest = &reading.manifest;
        let projects = [Some(&manifest.main), manifest.user.as_ref()];
        let warnings: Vec<_> = projects
            .iter()
            .flatten()
            .flat_map(|p| &p.warnings)
            .collect();
        for warning in warnings.iter().take(MAX_WARNINGS) {
            tell("warning", warning);
        }
        if let Some(more @ 1..) = warnings.len().checked_sub(MAX_WARNINGS) {
            let rest = format_args!("and {more} more, all of them in {}", path.display());
            tell("warning", rest);
        }
        tell(
            "rustc-env",
            format_args!("BYOD_MANIFEST={}", path.display()),
        );
        Ok(())
    }

    /// Where reading failed: the folders that were to be read.
    fn watch_folders(&self) {
        let Ok(config) = Config::read(&self.config) else {
            return;
        };
        for project in [Some(&config.main), config.user.as_ref()]
            .into_iter()
            .flatten()
        {
            let named = config.beside(project);
            let folder = folder::convex_folder(&named).unwrap_or(named);
            if folder.is_dir() {
                rerun_if_changed(&folder);
            }
        }
    }

    fn read_sources(&self) -> Result<Reading, Error> {
        sources::read(Config::read(&self.config)?, &self.limits, &self.apart)
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

/// A file that is written anew makes Cargo compile everything that reads it.
fn write_if_changed(path: &Path, manifest: &Manifest) -> Result<(), Error> {
    let json = serde_json::to_vec(manifest).map_err(|error| Error::io(path, error.into()))?;
    if read_file(path).is_ok_and(|known| known == json) {
        return Ok(());
    }
    write_file(path, &json).map_err(|error| Error::io(path, error))
}
