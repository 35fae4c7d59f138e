//! Without the reader, projects are what the snapshot says, whether or not they are there.

use std::collections::BTreeSet;

use byod_schema::{Manifest, Project};

use super::reading::Sources;
use crate::config::Named;
use crate::error::Error;
use crate::folder;

/// Why nothing else is asked.
const NO_READER: &str =
    "this build has no reader of projects (`default-features = false` of byod-build)";

impl Sources<'_> {
    /// The project as it was when the snapshot was written. Where its folder is there, its
    /// files show whether that was before they changed.
    pub(super) fn project(
        &mut self,
        named: &Named,
        _: &str,
        of: impl Fn(Manifest) -> Option<Project>,
    ) -> Result<Project, Error> {
        let Some(snapshot) = &self.snapshot else {
            let message = format!(
                "{NO_READER}, so it needs a snapshot. Add as the first line: snapshot = \"byod-snapshot.json\", and run `byod snapshot`"
            );
            return Err(self.config.error(named.line, message));
        };
        let project = snapshot.project(NO_READER, of)?;
        let which = usize::from(!std::ptr::eq(named, &self.config.main));
        let known = snapshot.source(which);
        let folder = self.config.beside(named);
        if let Some(missing) = folder::missing(&folder) {
            self.absent.extend(folder::would_be(&missing));
            return Ok(project);
        }
        let folder = folder::convex_folder(&folder)?;
        let none = BTreeSet::new();
        let outside = known.as_ref().map_or(&none, |known| &known.outside);
        for file in outside {
            self.note(folder.join(file));
        }
        let files = folder::digest(&folder, outside).map_err(|error| Error::io(&folder, error))?;
        if known.is_none_or(|known| known.files != files) {
            self.changed.push(folder.clone());
        }
        self.folders.push(folder);
        Ok(project)
    }
}
