//! The project that this crate's tests run.

use byod_schema::Manifest;

pub(crate) fn manifest() -> Manifest {
    serde_json::from_str(include_str!("../tests/manifest.json")).unwrap()
}
