//! What `byod export` would write for users' deployments.

use std::path::Path;

use byod_schema::Manifest;

use crate::error::Error;
use crate::export::plan::{Plan, Rejected};
use crate::export::typecheck::TypeScript;
use crate::export::{checked, custom};
use crate::owners::OwnerNames;
use crate::source::Sources;

/// The users' project as `byod export` plans it, if it would, without what is known to be
/// left out; `user` is its folder.
pub(super) fn planned(
    manifest: &Manifest,
    main: &Path,
    user: Option<&Path>,
    left_out: Rejected,
    typescript: Result<TypeScript, String>,
) -> Result<Option<Plan>, Error> {
    let names = OwnerNames::of(manifest);
    if manifest.user_tables.is_empty() || names.arguments.is_empty() {
        return Ok(None);
    }
    let sources = Sources::read(main, &names)?;
    let custom = match user {
        Some(folder) => custom(folder, &names)?,
        None => Sources::default(),
    };
    let mut manifest = manifest.clone();
    let (plan, _) = checked(&mut manifest, &sources, &custom, left_out, typescript)?;
    Ok(Some(plan))
}
