//! `byod init`: begins the files by which a service is built on byod.

use std::fs;
use std::path::{Path, PathBuf};

use byod_build::{Error as BuildError, Limits, convex_folder, read_project};
use serde::Serialize;

use super::begun;
use super::cargo::{self, Source, seen, slashes};
use super::guess::{Guess, guess};
use crate::error::Error;
use crate::tree::Tree;

/// What was asked for.
pub(crate) struct Options {
    /// The service's folder.
    pub(crate) folder: PathBuf,
    /// The Convex project, where it isn't to be looked for.
    pub(crate) convex: Option<PathBuf>,
    /// Where byod's crates are from: a checkout, or a repository.
    pub(crate) byod: Option<String>,
}

/// What was begun.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) folder: PathBuf,
    /// Files that are new, or have new lines.
    pub(crate) written: Vec<String>,
    /// Files that were there, and are left as they are.
    pub(crate) there: Vec<String>,
    /// The lines that `Cargo.toml` lacked.
    pub(crate) lines: Vec<String>,
    /// Which tables were guessed to be the users'; none where `byod.toml` was there.
    pub(crate) guess: Option<Guess>,
    /// What only a person can do before it builds.
    pub(crate) todo: Vec<String>,
    /// What is next.
    pub(crate) next: Vec<String>,
}

const BUILD: &str = "fn main() {\n    byod_build::emit();\n}\n";

/// Writes what is not there yet, and changes nothing that is.
pub(crate) fn init(options: &Options) -> Result<Report, Error> {
    let named = &options.folder;
    let folder = fs::canonicalize(named).map_err(|error| Error::io(named, error))?;
    let manifest = folder.join("Cargo.toml");
    let text = byod_build::read_text(&manifest).map_err(|_| Error::NoPackage {
        path: manifest.clone(),
        reason: "there is no such file".to_owned(),
    })?;
    let tree = Tree::named(&folder, &folder.join("byod.toml"))?;
    let source = Source::of(options.byod.as_deref(), &folder)?;
    let added = cargo::add(&manifest, &text, &source)?;
    let mut report = Report {
        folder: named.clone(),
        written: Vec::new(),
        there: Vec::new(),
        lines: added.lines,
        guess: None,
        todo: Vec::new(),
        next: Vec::new(),
    };
    // All is judged before anything is written.
    let begun = if tree.path("byod.toml")?.is_file() {
        None
    } else {
        Some(begin(&folder, options.convex.as_deref())?)
    };
    match &begun {
        None => report.there.push("byod.toml".to_owned()),
        Some((text, _)) => {
            tree.write("byod.toml", text)?;
            report.written.push("byod.toml".to_owned());
        }
    }
    match added.build.as_deref() {
        None => report.todo.push("in Cargo.toml: `build = false` leaves no build script. Take it out, and run this again".to_owned()),
        Some(name) => match tree.read(name)? {
            None => {
                tree.write(name, BUILD)?;
                report.written.push(name.to_owned());
            }
            Some(script) => {
                report.there.push(name.to_owned());
                if !script.contains("byod_build") {
                    report.todo.push(format!("in {name}, in its `main`: `byod_build::emit();`"));
                }
            }
        },
    }
    match added.text {
        Some(text) => {
            tree.write("Cargo.toml", &text)?;
            report.written.push("Cargo.toml".to_owned());
        }
        None => report.there.push("Cargo.toml".to_owned()),
    }
    report.guess = begun.map(|(_, guess)| guess);
    report.next = next(report.guess.as_ref());
    Ok(report)
}

/// A `byod.toml` for the Convex project that was named, or is found.
fn begin(folder: &Path, named: Option<&Path>) -> Result<(String, Guess), Error> {
    let convex = match named {
        Some(named) => convex_folder(named)?,
        None => find(folder)?,
    };
    let convex = fs::canonicalize(&convex).map_err(|error| Error::io(&convex, error))?;
    let read = read_project(&convex, &Limits::default())?;
    let guess = guess(&read.schema.value);
    let app = convex
        .ancestors()
        .find(|above| above.join("package.json").is_file());
    let app = app.or(convex.parent()).unwrap_or(&convex);
    let text = begun::byod_toml(
        &guess,
        &slashes(&seen(&convex, folder)),
        &slashes(&seen(&app.join("byod/convex"), folder)),
    );
    Ok((text, guess))
}

/// The Convex project of the service's folder, of those above it in the same repository, or
/// beside it.
fn find(folder: &Path) -> Result<PathBuf, Error> {
    let root = folder.ancestors().find(|above| above.join(".git").exists());
    let above = folder.ancestors().skip(1);
    let above = above
        .enumerate()
        .filter(|(i, above)| *i == 0 || root.is_some_and(|root| above.starts_with(root)));
    let places = [folder].into_iter().chain(above.map(|(_, above)| above));
    for place in places {
        let found = match convex_folder(place) {
            Ok(found) => vec![found],
            Err(BuildError::SeveralProjects { found, .. }) => found,
            Err(_) => continue,
        };
        let found = found.into_iter().filter(|found| is_an_app(found, folder));
        let found: Vec<PathBuf> = found.collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(one.clone()),
            several => {
                return Err(Error::WhichConvex {
                    found: several.to_vec(),
                });
            }
        }
    }
    Err(Error::NoConvex {
        folder: folder.to_owned(),
    })
}

/// Neither what `byod export` has written, nor an example in the checkout beside the service.
fn is_an_app(convex: &Path, service: &Path) -> bool {
    let is_exported = convex.join("byod.lock.json").is_file();
    let is_example = cargo::own_checkout()
        .is_some_and(|checkout| convex.starts_with(checkout) && !service.starts_with(checkout));
    !is_exported && !is_example
}

/// The steps from here to a call.
fn next(guess: Option<&Guess>) -> Vec<String> {
    let mut steps = Vec::new();
    if guess.is_some() {
        steps.push(
            "look through byod.toml: `tables` are your users' own, all others stay on main"
                .to_owned(),
        );
    }
    // One that a struct is called like without more.
    let is_plain = |table: &&String| table.chars().all(|c| c.is_ascii_alphanumeric());
    let table = guess.and_then(|guess| guess.tables.keys().find(is_plain));
    let table = table.map_or("notes", String::as_str);
    let mut name = table.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    steps.extend([
        "`byod export --main`: what main needs, and the lines to add to its schema.ts".to_owned(),
        "`byod export`: the project of your users' deployments".to_owned(),
        "`byod check`: where each function runs for a connected user, and why".to_owned(),
        format!(
            "in the service, a struct for each table: `#[byod_runtime::byod_table(location = \"user\")] pub struct {name};`"
        ),
        "`byod keygen`: BYOD_ENCRYPTION_KEY of the service, beside CONVEX_URL and CONVEX_DEPLOY_KEY".to_owned(),
    ]);
    steps
}
