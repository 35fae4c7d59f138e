//! What is known and found out of a project's files while its modules run.

mod noticing;
pub(super) mod object;
mod purity;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub(crate) use self::noticing::Noticing;
use self::purity::Purity;
use crate::limits::patience::Progress;
use crate::limits::read_file;
use crate::resolve::{Resolution, Target, is_builtin};
use crate::standin::{Package, Standin};
use crate::typescript::{self, Dialect};

/// The modules that were stopped, by their path, and why.
pub(crate) type Stopped = Rc<RefCell<BTreeMap<String, String>>>;

/// The state behind the functions that JavaScript calls.
pub(crate) struct Host {
    /// The Convex folder, absolute.
    folder: PathBuf,
    /// The Convex folder as the caller named it, for messages.
    shown: String,
    resolution: Resolution,
    /// The text of every file that was read.
    sources: BTreeMap<PathBuf, String>,
    /// How the files that were compiled were, where that is not the usual way.
    dialects: BTreeMap<PathBuf, Dialect>,
    /// Folders whose `package.json` says `"type": "module"`, or not.
    module_folders: BTreeMap<PathBuf, bool>,
    purity: Purity,
    /// Imports that led nowhere, by the module that has them.
    missing: BTreeMap<String, Vec<String>>,
    /// Imports of files that are not the project's, by the module that has them.
    refused: BTreeMap<String, String>,
    /// The packages that stand-ins of ours stand for.
    stood_in: BTreeSet<Package>,
    /// The modules that compare texts whose order is not known here.
    approximating: BTreeSet<String>,
    /// The line and column, from 1, at which a module is no JavaScript.
    syntax_errors: BTreeMap<String, (usize, usize)>,
    /// The module whose code is running.
    running: String,
    progress: Progress,
    /// Whether every environment variable has a value, if only a placeholder.
    placeholders: bool,
    /// Whose operators notice what is unknown.
    noticing: Noticing,
    /// Whose operators would have to, for what was met so far.
    needed: Noticing,
    /// Modules that are not run again.
    stopped: Stopped,
}

impl Host {
    pub(crate) fn new(
        folder: PathBuf,
        shown: String,
        apart: Option<&Path>,
        progress: Progress,
    ) -> Self {
        Self {
            resolution: Resolution::new(&folder, apart),
            folder,
            shown,
            sources: BTreeMap::new(),
            dialects: BTreeMap::new(),
            module_folders: BTreeMap::new(),
            purity: Purity::default(),
            missing: BTreeMap::new(),
            refused: BTreeMap::new(),
            stood_in: BTreeSet::new(),
            approximating: BTreeSet::new(),
            syntax_errors: BTreeMap::new(),
            running: String::new(),
            progress,
            placeholders: false,
            noticing: Noticing::Nobody,
            needed: Noticing::Nobody,
            stopped: Stopped::default(),
        }
    }

    /// With a placeholder for every environment variable.
    pub(crate) fn with_placeholders(mut self) -> Self {
        self.placeholders = true;
        self
    }

    /// With operators that notice what is unknown.
    pub(crate) fn noticing(mut self, noticing: Noticing) -> Self {
        self.noticing = noticing;
        self
    }

    /// Whose operators would have to notice what is unknown, by what was met.
    pub(crate) fn needed_noticing(&self) -> Noticing {
        self.needed
    }

    /// Without running the modules that had to be stopped before.
    pub(crate) fn with_stopped(mut self, stopped: Stopped) -> Self {
        self.stopped = stopped;
        self
    }

    /// The path of a module as the caller would write it.
    pub(crate) fn shown(&self, id: &str) -> String {
        if let Ok(below) = Path::new(id).strip_prefix(&self.folder) {
            return Path::new(&self.shown).join(below).display().to_string();
        }
        // Beside the Convex folder: relative to its parent.
        match self.folder.parent().map(|p| Path::new(id).strip_prefix(p)) {
            Some(Ok(below)) => {
                let parent = Path::new(&self.shown).parent().unwrap_or(Path::new(""));
                parent.join(below).display().to_string()
            }
            _ => id.to_owned(),
        }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    fn set_running(&mut self, id: String) {
        self.progress.running(self.shown(&id));
        self.running = id;
    }

    /// The module whose code is running.
    pub(crate) fn running(&self) -> &str {
        &self.running
    }

    /// Whether a module that was read may throw null itself.
    pub(crate) fn throws_null(&self) -> bool {
        let mut sources = self.sources.values();
        sources.any(|text| text.contains("throw null") || text.contains("reject(null)"))
    }

    /// Where loading the module `id` failed, as `path:line:column` in the
    /// original: its syntax error, or the first place in `stack` that is in a
    /// file of the project. Where neither is known, the path alone.
    pub(crate) fn place(&self, id: &str, stack: &str) -> String {
        if let Some((line, column)) = self.syntax_errors.get(id) {
            return format!("{}:{line}:{column}", self.shown(id));
        }
        let is_own = |path: &str| !path.contains("/node_modules/");
        let known = stack
            .lines()
            .filter_map(frame)
            .find_map(|(path, line, column)| {
                let source = self.sources.get(Path::new(path))?;
                is_own(path).then_some((path, source, line, column))
            });
        let Some((path, source, line, column)) = known else {
            return self.shown(id);
        };
        let shown = self.shown(path);
        let dialect = self.dialects.get(Path::new(path)).copied();
        let dialect = dialect.unwrap_or_default();
        match typescript::original_position(Path::new(path), source, dialect, line, column) {
            Some((line, column)) => format!("{shown}:{line}:{column}"),
            None => shown,
        }
    }

    /// The imports of the module `id` that led nowhere.
    pub(crate) fn missing(&self, id: &str) -> Vec<String> {
        self.missing.get(id).cloned().unwrap_or_default()
    }

    /// Whether a module of a package was loaded, or what stands in for one.
    pub(crate) fn has_loaded(&self, package: &str) -> bool {
        let folder = Path::new("node_modules").join(package);
        let folder = folder.to_string_lossy();
        let mut files = self.sources.keys();
        self.stood_in.iter().any(|one| one.name == package)
            || files.any(|file| file.to_string_lossy().contains(&*folder))
    }

    /// A module that imports a file which is not the project's, as the caller would
    /// write it, and a sentence about that.
    pub(crate) fn refused(&self) -> Option<(String, String)> {
        let (id, reason) = self.refused.first_key_value()?;
        Some((self.shown(id), not_given(reason)))
    }

    /// One warning for everything that is not exact: packages that a stand-in of
    /// ours stands for, and orders that are not known.
    pub(crate) fn warnings(&mut self) -> Vec<String> {
        let resolution = &mut self.resolution;
        let packages = self.stood_in.iter().map(|Package { name, version }| {
            let remedy = resolution.remedy(&self.folder, name);
            format!(
                "`{name}` is not installed: what it makes is taken as of its version {version}. To be exact, {remedy}"
            )
        });
        let packages: Vec<String> = packages.collect();
        let packages = packages.into_iter();
        let orders = self.approximating.iter().map(|id| {
            format!(
                "{}: it orders texts by a language that is not known while reading (`localeCompare`, `Intl.Collator`). Where validators come of it, their order may differ from Convex's",
                self.shown(id)
            )
        });
        let refused = self.refused.iter();
        let refused =
            refused.map(|(id, reason)| format!("{}: {}", self.shown(id), not_given(reason)));
        packages.chain(orders).chain(refused).collect()
    }

    /// The text of every file of the project's own that was read, and the versions of
    /// packages that it names, by a name that is the same on every machine.
    pub(crate) fn own_texts(&mut self) -> BTreeMap<String, String> {
        let pins = self.resolution.pins().into_iter();
        let pins = pins
            .map(|(package, version)| (format!("package {package}"), version.unwrap_or_default()));
        let files = self.sources.iter().filter(|(file, _)| is_own(file));
        let files =
            files.map(|(file, text)| (seen_from(&self.folder, file), text.replace("\r\n", "\n")));
        files.chain(pins).collect()
    }

    /// The packages that modules import and that are not installed, with what the
    /// project says of their versions.
    pub(crate) fn missing_packages(&self) -> &BTreeMap<String, Option<String>> {
        self.resolution.missing()
    }

    /// Every file that was read or decided where an import leads, and where one
    /// would be that isn't there.
    pub(crate) fn into_files(self) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
        let (mut files, absent) = self.resolution.into_consulted();
        files.extend(self.sources.into_keys());
        let folders = self.module_folders.into_keys();
        let descriptions = folders.map(|folder| folder.join("package.json"));
        files.extend(descriptions.filter(|file| file.is_file()));
        let records: BTreeSet<_> = files.iter().filter_map(|file| pnpm_record(file)).collect();
        files.extend(records);
        (files, absent)
    }

    fn resolve(&mut self, specifier: &str, importer: &str, is_require: bool) -> String {
        let from = if importer.starts_with("standin:") {
            &self.folder
        } else {
            Path::new(importer).parent().unwrap_or(&self.folder)
        };
        let of_its_own = importer
            .parse()
            .ok()
            .and_then(|standin: Standin| standin.of_its_own(specifier));
        let target = match of_its_own {
            Some(standin) => Target::Standin(standin),
            None => self.resolution.resolve(from, specifier, is_require),
        };
        match target {
            Target::File(path) => path.to_string_lossy().into_owned(),
            Target::Standin(standin) => {
                self.note_standin(standin, specifier);
                standin.to_string()
            }
            Target::Inert(origin) if is_builtin(specifier) => {
                if is_own(Path::new(importer)) {
                    self.needed = self.needed.max(Noticing::OwnModules);
                }
                self.inert(importer, &origin);
                format!("{OF_NODE}{origin}")
            }
            Target::Inert(origin) => {
                // What a package requires, it may do without.
                let of_package = importer.starts_with('/') && !is_require;
                if of_package || is_own(Path::new(importer)) {
                    self.needed = Noticing::Packages;
                }
                self.inert(importer, &origin)
            }
            Target::Refused(reason) => {
                self.needed = Noticing::Packages;
                self.refused.insert(importer.to_owned(), reason.clone());
                self.inert(importer, &reason)
            }
        }
    }

    /// Notes the packages that are missed where `standin` serves for `specifier`.
    fn note_standin(&mut self, standin: Standin, specifier: &str) {
        let packages = standin.of_package().into_iter().flat_map(|(_, all)| all);
        for package in packages {
            // Of several, one may be installed.
            if package.has(specifier) || !self.is_installed(package) {
                self.stood_in.insert(*package);
            }
        }
    }

    fn is_installed(&mut self, package: &Package) -> bool {
        let found = self.resolution.resolve(&self.folder, package.name, false);
        matches!(found, Target::File(_))
    }

    fn inert(&mut self, importer: &str, origin: &str) -> String {
        let missing = self.missing.entry(importer.to_owned()).or_default();
        missing.push(origin.to_owned());
        format!("{INERT}{origin}")
    }

    fn read(&mut self, path: &Path) -> Result<&str, String> {
        // A module of the Convex folder, or what was found since, may be a link.
        if let Some(reason) = self.resolution.refuse_link(path) {
            return Err(format!("it leads to {reason}"));
        }
        let bytes = read_file(path).map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').to_owned();
        Ok(self.sources.entry(path.to_owned()).or_insert(text))
    }

    /// How the file `path` is compiled.
    fn dialect_of(&mut self, path: &Path) -> Dialect {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_typescript = matches!(ending, Some("ts" | "tsx" | "mts" | "cts"));
        let said = match path.parent().filter(|_| is_typescript) {
            Some(folder) => self.resolution.dialect_in(folder),
            None => Dialect::default(),
        };
        let dialect = Dialect {
            notices: match self.noticing {
                Noticing::Nobody => false,
                Noticing::OwnModules => is_own(path),
                Noticing::Packages => path.is_absolute() && !is_of_validators(path),
            },
            ..said
        };
        if dialect != Dialect::default() {
            self.dialects.insert(path.to_owned(), dialect);
        }
        dialect
    }

    /// Whether a file counts as an ES module of Node's own kind.
    fn is_node_module(&mut self, id: &str) -> bool {
        if id.ends_with(".mjs") || id.ends_with(".mts") {
            return true;
        }
        match Path::new(id).parent() {
            Some(folder) if folder.is_absolute() => self.is_module_folder(folder),
            _ => false,
        }
    }

    fn is_module_folder(&mut self, folder: &Path) -> bool {
        if let Some(known) = self.module_folders.get(folder) {
            return *known;
        }
        #[derive(serde::Deserialize)]
        struct Package {
            #[serde(default, rename = "type")]
            kind: String,
        }
        let known = match read_file(&folder.join("package.json")) {
            Ok(json) => serde_json::from_slice(&json).is_ok_and(|p: Package| p.kind == "module"),
            Err(_) => folder.parent().is_some_and(|p| self.is_module_folder(p)),
        };
        self.module_folders.insert(folder.to_owned(), known);
        known
    }
}

/// Before the origin of what is not there, and of a module of Node, as their modules' names.
const INERT: &str = "inert:";
const OF_NODE: &str = "inert of Node:";

/// Whether a file is the project's own.
fn is_own(file: &Path) -> bool {
    file.is_absolute() && !file.iter().any(|part| part == "node_modules")
}

/// Whether a file is of the `convex` package and only keeps what it is given, where it is
/// found in the end.
fn is_of_validators(file: &Path) -> bool {
    let file = file.to_string_lossy().replace('\\', "/");
    let within = file.rsplit_once("/node_modules/convex/");
    within.is_some_and(|(_, within)| {
        !within.contains("/node_modules/") && !within.ends_with("/schema.js")
    })
}

/// What is said of an import of a file that is not the project's.
fn not_given(reason: &str) -> String {
    format!("{reason}. What a module needs must be in a file of the project")
}

/// The path of a file as it is written in a folder.
fn seen_from(folder: &Path, file: &Path) -> String {
    let mut up = String::new();
    for above in folder.ancestors() {
        if let Ok(below) = file.strip_prefix(above) {
            return up + &below.to_string_lossy().replace('\\', "/");
        }
        up.push_str("../");
    }
    file.display().to_string()
}

/// What pnpm writes when it installs: its files may be older than the build that
/// they change.
fn pnpm_record(file: &Path) -> Option<PathBuf> {
    let store = file.ancestors().find(|folder| folder.ends_with(".pnpm"))?;
    let record = store.with_file_name(".modules.yaml");
    record.is_file().then_some(record)
}

/// The path, line and column of `    at name (path:line:column)`.
fn frame(line: &str) -> Option<(&str, usize, usize)> {
    let place = line.trim().strip_prefix("at ")?;
    let place = place
        .rsplit_once('(')
        .map_or(place, |(_, inside)| inside.trim_end_matches(')'));
    let (rest, column) = place.rsplit_once(':')?;
    let (path, line) = rest.rsplit_once(':')?;
    Some((path, line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::frame;

    #[test]
    fn a_frame_of_a_stack_trace() {
        assert_eq!(
            frame("    at make (/p/convex/schema.ts:3:14)"),
            Some(("/p/convex/schema.ts", 3, 14))
        );
        assert_eq!(frame("    at <anonymous> (native)"), None);
    }
}
