//! The lines that a service's `Cargo.toml` needs, added to what stands there.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use crate::error::Error;

/// Where a service takes byod's crates from.
pub(super) enum Source {
    /// A checkout, seen from the service.
    Folder(PathBuf),
    /// A repository.
    Git(String),
    /// The registry, in the tool's own version.
    Registry,
}

impl Source {
    /// What was named, or else the checkout that the tool was built in.
    ///
    /// # Errors
    ///
    /// Where a folder was named that isn't a checkout.
    pub(super) fn of(named: Option<&str>, from: &Path) -> Result<Self, Error> {
        let Some(named) = named else {
            let built = Path::new(env!("CARGO_MANIFEST_DIR"));
            // What Cargo has checked out for itself is not for others.
            let is_cargos = built.to_string_lossy().contains("git/checkouts");
            let checkout = built.parent().filter(|_| !is_cargos);
            let checkout = checkout.filter(|folder| is_checkout(folder));
            return Ok(checkout.map_or(Self::Registry, |found| Self::Folder(seen(found, from))));
        };
        if named.contains("://") || named.starts_with("git@") {
            return Ok(Self::Git(named.to_owned()));
        }
        let folder =
            std::fs::canonicalize(named).map_err(|error| Error::io(named.as_ref(), error))?;
        if is_checkout(&folder) {
            Ok(Self::Folder(seen(&folder, from)))
        } else {
            Err(Error::NoCheckout { folder })
        }
    }

    fn dependency(&self, name: &str) -> Value {
        let mut line = InlineTable::new();
        match self {
            Self::Folder(folder) => line.insert("path", slashes(&folder.join(name)).into()),
            Self::Git(url) => line.insert("git", url.as_str().into()),
            Self::Registry => return env!("CARGO_PKG_VERSION").into(),
        };
        line.into()
    }
}

/// The checkout that the tool was built in, while it is there.
pub(super) fn own_checkout() -> Option<&'static Path> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    is_checkout(folder).then_some(folder)
}

fn is_checkout(folder: &Path) -> bool {
    folder.join("byod-runtime/Cargo.toml").is_file()
}

/// What was added.
pub(super) struct Added {
    /// The file's text; `None` where nothing was missing.
    pub(super) text: Option<String>,
    pub(super) lines: Vec<String>,
    /// The build script, as seen from the service's folder; `None` where there is to be none.
    pub(super) build: Option<String>,
}

/// Adds what is missing to the text of `manifest`.
///
/// # Errors
///
/// Where it is no manifest of a package.
pub(super) fn add(manifest: &Path, text: &str, source: &Source) -> Result<Added, Error> {
    let failed = |reason: String| Error::NoPackage {
        path: manifest.to_owned(),
        reason,
    };
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        failed(format!("it is no TOML: {}", error.message()))
    })?;
    let Some(package) = document.get("package") else {
        return Err(failed("it has no [package]".to_owned()));
    };
    let build = match package.get("build") {
        None => Some("build.rs".to_owned()),
        Some(named) => named.as_str().map(str::to_owned),
    };
    let mut added = Added {
        text: None,
        lines: Vec::new(),
        build,
    };
    let mut tokio = InlineTable::new();
    tokio.insert("version", "1".into());
    tokio.insert("features", Value::from_iter(["macros", "rt-multi-thread"]));
    for (section, name, value) in [
        (
            "dependencies",
            "byod-runtime",
            source.dependency("byod-runtime"),
        ),
        ("dependencies", "tokio", tokio.into()),
        (
            "build-dependencies",
            "byod-build",
            source.dependency("byod-build"),
        ),
        (
            "dev-dependencies",
            "byod-local",
            source.dependency("byod-local"),
        ),
        ("dev-dependencies", "serde_json", "1".into()),
    ] {
        let has = |section: &str| {
            document
                .get(section)
                .is_some_and(|of| of.get(name).is_some())
        };
        // What the service itself depends on, its tests may use.
        if has(section) || has("dependencies") {
            continue;
        }
        let of_section = document.entry(section).or_insert(Item::Table(Table::new()));
        let Some(of_section) = of_section.as_table_like_mut() else {
            return Err(failed(format!("`{section}` is no table")));
        };
        added
            .lines
            .push(format!("[{section}] {name} = {}", value.to_string().trim()));
        of_section.insert(name, Item::Value(value));
    }
    if !added.lines.is_empty() {
        let text_of = document.to_string();
        let is_crlf = text.contains("\r\n");
        let lines = text_of.replace("\r\n", "\n");
        added.text = Some(if is_crlf {
            lines.replace('\n', "\r\n")
        } else {
            lines
        });
    }
    Ok(added)
}

/// An absolute path, as it is seen from the absolute `folder`.
pub(super) fn seen(path: &Path, folder: &Path) -> PathBuf {
    let shared = path.components().zip(folder.components());
    let shared = shared.take_while(|(one, other)| one == other).count();
    let up = folder
        .components()
        .skip(shared)
        .map(|_| PathBuf::from(".."));
    let down = path.components().skip(shared);
    up.chain(down.map(|part| PathBuf::from(part.as_os_str())))
        .collect()
}

/// A path as files name it on every system.
pub(super) fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}
