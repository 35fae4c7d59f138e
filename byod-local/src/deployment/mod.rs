//! What tests hold in their hands.

mod local;
mod running;

use byod_schema::{FunctionPath, Manifest};

use crate::error::StartError;

pub use local::Local;
pub use running::LocalDeployment;

/// Reads the manifest that `byod-build` wrote; see [`manifest!`](crate::manifest).
///
/// Fails where it was written by another version.
pub fn read_manifest(json: &str) -> Result<Manifest, StartError> {
    let manifest: Manifest =
        serde_json::from_str(json).map_err(|error| StartError::Manifest(error.to_string()))?;
    if manifest.format != Manifest::FORMAT {
        return Err(StartError::Manifest(format!(
            "its format is {}, expected {}",
            manifest.format,
            Manifest::FORMAT
        )));
    }
    Ok(manifest)
}

fn parsed(path: &str) -> FunctionPath {
    match path.parse() {
        Ok(path) => path,
        Err(never) => match never {},
    }
}
