//! Has TypeScript judge what is planned, as main's project has it installed: what it
//! finds wrong in a carried statement keeps away the functions that need it.

mod diagnostics;
mod running;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use byod_build::{Imports, one_line};
use serde::Serialize;
use serde_json::json;

use super::bundling::Bundling;
use super::files;
use super::plan::{Plan, Rejected};
use super::read_back::blamed;
use super::scratch::Scratch;
use super::tooling;
use crate::error::Error;
use crate::source::Sources;
use crate::tree::{Tree, resolved};
use diagnostics::Diagnostic;
use running::Ran;

/// How often what is planned without what didn't typecheck is judged again.
const ROUNDS: usize = 12;

/// How many of a person's mistakes are told.
const TOLD: usize = 20;

/// Whether TypeScript has judged what was written.
#[derive(Debug, Serialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub(crate) enum Typecheck {
    Done { typescript: String },
    NotDone { reason: String },
}

/// What TypeScript says of what is planned.
pub(super) enum Verdict {
    /// It typechecks, but for what people wrote.
    Fits { notes: Vec<String> },
    /// These functions don't, each with the reason.
    Rejects(Rejected),
    /// It could not tell.
    Unknown { reason: String },
}

/// TypeScript, as main's project has it installed.
pub(super) struct TypeScript {
    /// Where it is to be written, and whether over what people have edited.
    tree: Tree,
    force: bool,
    /// What Node runs.
    tsc: PathBuf,
    pub(super) version: String,
    /// Every `node_modules` that packages are taken from, the nearest first.
    packages: Vec<PathBuf>,
    /// The `tsconfig.json` of users' deployments that is there already.
    config: Option<PathBuf>,
    bundling: Bundling,
    /// How often it has judged.
    rounds: usize,
}

impl TypeScript {
    /// That of main's project; or why there is none, with what helps.
    ///
    /// `tree` is the Convex folder of users' deployments, and need not be there.
    pub(super) fn of(main: &Path, tree: &Tree, force: bool) -> Result<Self, String> {
        let main = fs::canonicalize(main).map_err(|error| error.to_string())?;
        let imports = Imports::new(&main);
        let installed = |package: &str| {
            imports.package(package).ok_or_else(|| {
                format!("`{package}` isn't installed in main's project: run `npm install --save-dev {package}` there, and export again")
            })
        };
        let folder = installed("typescript")?;
        installed("convex")?;
        let tsc = folder.join("lib/tsc.js");
        let version = version(&folder).filter(|_| tsc.is_file());
        let Some(version) = version else {
            return Err(format!(
                "{} isn't TypeScript: run `npm install` in main's project, and export again",
                folder.display()
            ));
        };
        let mut packages = imports.package_folders();
        // What only people's own code imports.
        let user = resolved(tree.root());
        packages.extend(Imports::new(&user).package_folders());
        let config = user.join("tsconfig.json");
        Ok(Self {
            tree: tree.clone(),
            force,
            tsc,
            version,
            packages,
            config: config.is_file().then_some(config),
            bundling: Bundling::of(&main).0,
            rounds: 0,
        })
    }

    /// Judges the planned project, which is in `scratch` and was read back as `written`,
    /// with the files of people that stay in its folder.
    pub(super) fn judge(
        &mut self,
        scratch: &Scratch,
        plan: &Plan,
        main: &Sources,
        written: &Sources,
    ) -> Result<Verdict, Error> {
        // Whether a function is carried over must not hang on what is installed.
        if let Some(package) = plan.packages.keys().find(|name| !self.has(name)) {
            let reason = format!(
                "`{package}`, which functions that are carried over need, isn't installed in main's project: run `npm install` there, and export again"
            );
            return Ok(Verdict::Unknown { reason });
        }
        let staying = files::staying(&self.tree, plan, self.force)?;
        self.rounds += 1;
        self.lay_out(scratch, plan, &staying)?;
        let ran = match running::run(&self.tsc, &scratch.1) {
            Ok(ran) => ran,
            Err(reason) => return Ok(Verdict::Unknown { reason }),
        };
        let found = self.diagnostics(&ran, scratch);
        if found.is_empty() && !ran.is_success {
            let reason = format!("TypeScript could not do its work: {}", ran.told());
            return Ok(Verdict::Unknown { reason });
        }
        let mut rejected = Rejected::new();
        let mut persons = Vec::new();
        let mut elsewhere = None;
        for diagnostic in found {
            let file = diagnostic.file.as_deref().unwrap_or_default();
            let is_written = !diagnostic.is_of_package();
            if !is_written || file.starts_with("custom/") || staying.contains_key(file) {
                persons.push(diagnostic);
                continue;
            }
            let place = diagnostic.place(written);
            let functions = place
                .as_ref()
                .map(|(module, names)| blamed(plan, main, module, names))
                .unwrap_or_default();
            if functions.is_empty() {
                elsewhere.get_or_insert(diagnostic);
                continue;
            }
            let names = place.map(|(_, names)| names).unwrap_or_default();
            for path in functions {
                let reason = diagnostic.reason(names.first());
                rejected.entry(path.clone()).or_insert(reason);
            }
        }
        match elsewhere {
            // What is left without them may be right.
            _ if !rejected.is_empty() && self.rounds < ROUNDS => Ok(Verdict::Rejects(rejected)),
            Some(diagnostic) => Err(self.error(format!(
                "{diagnostic}, which is in no function of main's that could be left out"
            ))),
            None if !rejected.is_empty() => Err(self.error(format!(
                "after {ROUNDS} rounds TypeScript still finds what is wrong"
            ))),
            None => Ok(Verdict::Fits {
                notes: notes(&persons),
            }),
        }
    }

    fn has(&self, package: &str) -> bool {
        let mut folders = self.packages.iter();
        folders.any(|folder| folder.join(package).is_dir())
    }

    fn error(&self, what: String) -> Error {
        Error::Typecheck {
            version: self.version.clone(),
            what,
        }
    }

    /// Puts beside the modules what `npx convex` writes, the packages, and the settings.
    fn lay_out(
        &self,
        scratch: &Scratch,
        plan: &Plan,
        staying: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let tree = &scratch.0;
        for (name, text) in tooling::generated(&plan.modules, &plan.components) {
            tree.write(name, &text)?;
        }
        for (name, text) in staying {
            // Read back as TypeScript, whatever it is.
            let stem = name.rsplit_once('.').map_or(&**name, |(stem, _)| stem);
            let copy = format!("{stem}.ts");
            if copy != *name && tree.read(&copy)?.is_some() {
                tree.remove(&copy)?;
            }
            tree.write(name, text)?;
        }
        let around = tree.parent();
        let config = match &self.config {
            Some(config) => config.to_string_lossy().into_owned(),
            None => {
                around.write("tsconfig.json", &tooling::tsconfig(&self.bundling))?;
                "../tsconfig.json".to_owned()
            }
        };
        // Nothing is written, nor is a mistake what packages have or what isn't used.
        let config = json!({
            "extends": config,
            "compilerOptions": {
                "noEmit": true,
                "incremental": false,
                "composite": false,
                "tsBuildInfoFile": null,
                "rootDir": null,
                "skipLibCheck": true,
                "noUnusedLocals": false,
                "noUnusedParameters": false,
            },
            "files": [],
            "include": ["./**/*"],
            "exclude": [],
        });
        tree.write("tsconfig.json", &config.to_string())?;
        let into = around.root().join("node_modules");
        link(&self.packages, &into).map_err(|error| Error::io(&into, error))
    }

    /// What TypeScript has said, without the names of folders that are another's tomorrow.
    fn diagnostics(&self, ran: &Ran, scratch: &Scratch) -> Vec<Diagnostic> {
        let mut folders: Vec<(PathBuf, &str)> = vec![(scratch.1.clone(), "")];
        folders.extend(scratch.1.parent().map(|around| (around.to_owned(), "")));
        let packages = self.packages.iter().cloned();
        folders.extend(packages.map(|folder| (folder, "node_modules/")));
        for (folder, shown) in folders.clone() {
            folders.extend(fs::canonicalize(folder).ok().map(|real| (real, shown)));
        }
        let mut text = ran.text.clone();
        for (folder, shown) in folders {
            let folder = folder.to_string_lossy().replace('\\', "/");
            text = text.replace(&format!("{folder}/"), shown);
        }
        diagnostics::parse(&text)
    }
}

/// What people wrote and TypeScript finds wrong.
fn notes(found: &[Diagnostic]) -> Vec<String> {
    let told = found.iter().take(TOLD);
    let mut notes: Vec<String> = told.map(ToString::to_string).collect();
    if found.len() > TOLD {
        let rest = found.len() - TOLD;
        notes.push(format!(
            "TypeScript says {rest} things more of what people wrote"
        ));
    }
    notes
}

/// The version in a package's `package.json`.
fn version(package: &Path) -> Option<String> {
    let text = byod_build::read_text(&package.join("package.json")).ok()?;
    let described: serde_json::Value = serde_json::from_str(&text).ok()?;
    let version = described.get("version")?.as_str()?;
    Some(one_line(version).chars().take(40).collect())
}

/// Links every package of the folders into one, the nearest where several have it.
fn link(folders: &[PathBuf], into: &Path) -> io::Result<()> {
    let mut known = BTreeSet::new();
    let mut add = |name: PathBuf, package: &Path| {
        if !known.insert(name.clone()) {
            return Ok(());
        }
        let at = into.join(name);
        fs::create_dir_all(at.parent().unwrap_or(into))?;
        link_folder(package, &at)
    };
    for folder in folders {
        for (name, package) in entries(folder)? {
            if !name.to_string_lossy().starts_with('@') {
                add(name, &package)?;
                continue;
            }
            for (of_scope, package) in entries(&package)? {
                add(name.join(of_scope), &package)?;
            }
        }
    }
    Ok(())
}

/// The folders in a folder, but those whose names begin with a dot.
fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (name, path) = (PathBuf::from(entry.file_name()), entry.path());
        if !name.to_string_lossy().starts_with('.') && path.is_dir() {
            found.push((name, path));
        }
    }
    Ok(found)
}

#[cfg(unix)]
fn link_folder(package: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(package, at)
}

#[cfg(windows)]
fn link_folder(package: &Path, at: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_dir(package, at)
}
