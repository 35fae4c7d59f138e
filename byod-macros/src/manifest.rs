//! Finds the manifest that the build script wrote, and keeps it between the
//! macros of one compilation.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use byod_schema::Manifest;
use proc_macro2::Span;

/// Why there is no manifest to check against.
#[derive(Debug)]
pub(crate) struct ManifestError(String);

impl ManifestError {
    pub(crate) fn at(self, span: Span) -> syn::Error {
        syn::Error::new(span, self.0)
    }
}

/// The environment variable that the build script sets for this compilation.
const VARIABLE: &str = "BYOD_MANIFEST";

type Loaded = HashMap<PathBuf, (SystemTime, Arc<Manifest>)>;

/// Read once per compilation, not once per struct. An editor's macro server
/// lives longer, so the file's time decides whether it is read again.
static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

pub(crate) fn load() -> Result<Arc<Manifest>, ManifestError> {
    load_from(std::env::var_os(VARIABLE).map(PathBuf::from))
}

fn load_from(path: Option<PathBuf>) -> Result<Arc<Manifest>, ManifestError> {
    let path = path.ok_or_else(|| {
        ManifestError(
            "no Convex project was read for this crate: add a build.rs with \
             `fn main() { byod_build::emit() }`, and byod-build to [build-dependencies] in Cargo.toml"
                .to_owned(),
        )
    })?;
    let unreadable = |error: &dyn std::fmt::Display| {
        ManifestError(format!(
            "the manifest {} can't be read ({error}): build the crate again, with byod-build and \
             byod-runtime of one version",
            path.display()
        ))
    };
    let modified = modified(&path).map_err(|error| unreadable(&error))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loaded.get_or_insert_default();
    if let Some((time, manifest)) = loaded.get(&path)
        && *time == modified
    {
        return Ok(Arc::clone(manifest));
    }
    let json = std::fs::read(&path).map_err(|error| unreadable(&error))?;
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|error| unreadable(&error))?;
    if manifest.format != Manifest::FORMAT {
        let format = format!("format {}, not {}", manifest.format, Manifest::FORMAT);
        return Err(unreadable(&format));
    }
    let manifest = Arc::new(manifest);
    loaded.insert(path, (modified, Arc::clone(&manifest)));
    Ok(manifest)
}

fn modified(path: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(path)?.modified()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(path: Option<PathBuf>) -> String {
        load_from(path).unwrap_err().0
    }

    #[test]
    fn what_is_no_manifest_says_what_to_do() {
        assert!(message(None).contains("add a build.rs with `fn main() { byod_build::emit() }`"));

        let path = std::env::temp_dir().join(format!("byod-manifest-{}.json", std::process::id()));
        let gone = message(Some(path.clone()));
        assert!(
            gone.contains("can't be read") && gone.contains("build the crate again"),
            "{gone}"
        );
        let other_format = r#"{"format": 0, "main": {"convex": "c", "warnings": [], "functions": {},
            "schema": {"tables": [], "schemaValidation": true}}, "user": null, "userTables": [], "inject": {}}"#;
        for (text, reason) in [("{", "EOF"), (other_format, "format 0, not 1")] {
            std::fs::write(&path, text).unwrap();
            let message = message(Some(path.clone()));
            std::fs::remove_file(&path).unwrap();
            assert!(
                message.contains(reason) && message.contains("of one version"),
                "{message}"
            );
        }
    }
}
