//! The file of the functions, beside `byod.toml`: where each of them runs, as the tool
//! has judged.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use byod_schema::{Manifest, Placements, Visibility};

use crate::error::Error;
use crate::limits::read_text;

/// How the file is written anew, as messages say it.
const RENEW: &str = "Run `byod export`";

/// How many modules a message names.
const MAX_NAMED: usize = 5;

/// The version of the file's format.
const FORMAT: u32 = 1;

/// Where the file is: `byod.functions.json` beside `byod.toml`.
pub(crate) fn file(config: &Path) -> PathBuf {
    config.with_extension("functions.json")
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Reads the file, if there is one.
pub(crate) fn read(file: &Path) -> Result<Option<Placements>, Error> {
    let text = match read_text(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(file, error)),
    };
    let failed = |reason: String| Error::Config {
        path: file.to_owned(),
        line: None,
        message: format!("{reason}. {RENEW}"),
    };
    let no_such =
        |error: serde_json::Error| failed(format!("this doesn't say where functions run: {error}"));
    let Format { format } = serde_json::from_str(&text).map_err(no_such)?;
    if format != FORMAT {
        return Err(failed(
            "this was written by another version of byod".to_owned(),
        ));
    }
    serde_json::from_str(&text).map(Some).map_err(no_such)
}

/// The file's text: sorted, with one line a function.
pub(crate) fn text(placements: &Placements) -> Result<String, serde_json::Error> {
    let mut text = format!(
        "{{\n  \"format\": {FORMAT},\n  \"digest\": {},\n  \"functions\": {{",
        serde_json::to_string(&placements.digest)?
    );
    for (i, (path, placement)) in placements.functions.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let (path, placement) = (
            serde_json::to_string(path)?,
            serde_json::to_string(placement)?,
        );
        // Writing into a text doesn't fail.
        let _ = write!(text, "{comma}\n    {path}: {placement}");
    }
    text.push_str("\n  }\n}\n");
    Ok(text)
}

/// Of all that the judging depends on: main's own files, and what `byod.toml` says.
pub(crate) fn digest(main: &str, manifest: &Manifest) -> Result<String, serde_json::Error> {
    let said = (
        &manifest.user_tables,
        &manifest.inject,
        &manifest.ownership,
        &manifest.stated,
    );
    let mut hasher = Sha256::new();
    hasher.update(main.as_bytes());
    hasher.update(serde_json::to_vec(&said)?);
    if !manifest.mirror.is_default() {
        hasher.update(serde_json::to_vec(&manifest.mirror)?);
    }
    if let Some(moves) = &manifest.moves {
        hasher.update(serde_json::to_vec(moves)?);
    }
    Ok(hex::encode(hasher.finalize()))
}

/// What to say where there is no such file, of the functions of which a module's name says
/// nothing.
pub(crate) fn absent(file: &Path, manifest: &Manifest) -> Option<String> {
    let functions = manifest.main.functions.iter();
    let modules: BTreeSet<&str> = functions
        .filter(|(path, function)| {
            let is_public = function.visibility == Visibility::Public;
            is_public && manifest.location(path.table_of_module()).is_none()
        })
        .map(|(path, _)| path.module.as_str())
        .collect();
    if manifest.user_tables.is_empty() || modules.is_empty() {
        return None;
    }
    let mut named: Vec<String> = modules
        .iter()
        .take(MAX_NAMED)
        .map(|module| format!("`{module}`"))
        .collect();
    if let Some(more @ 1..) = modules.len().checked_sub(MAX_NAMED) {
        named.push(format!("{more} more"));
    }
    Some(format!(
        "{} is not there, so what no table's module has ({}) runs on main for everybody, whatever it touches. {RENEW}",
        file.display(),
        named.join(", ")
    ))
}

/// What to say where there is no such file, and a snapshot says where functions ran.
pub(crate) fn of_snapshot(file: &Path, snapshot: &Path) -> String {
    format!(
        "{} is not there, so functions run where {} says, whatever has changed since it was written. {RENEW}",
        file.display(),
        snapshot.display()
    )
}

/// What to say of the file where main is another by now.
pub(crate) fn stale(file: &Path, placements: &Placements, digest: &str) -> Option<String> {
    (placements.digest != digest).then(|| {
        format!(
            "{} is out of date: main or byod.toml has changed since the functions were judged. What isn't in it is refused to connected users. {RENEW}",
            file.display()
        )
    })
}
