//! The manifest that says what a deployment has.

use byod_schema::Manifest;

use crate::error::StartError;

/// Reads the manifest that `byod-build` wrote; see [`manifest!`](crate::manifest).
///
/// Fails where it was written by another version.
///
/// ```
/// let error = byod_local::read_manifest("{}").unwrap_err();
/// assert!(error.to_string().contains("build again"));
/// ```
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
