//! The project that this crate's tests run.

use byod_schema::Manifest;

pub(crate) fn manifest() -> Manifest {
    crate::read_manifest(include_str!("../tests/manifest.json")).unwrap()
}
