//! A folder for what is planned, before it is written.

use std::path::PathBuf;
use std::{env, fs};

use crate::error::Error;
use crate::tree::{Tree, random};

/// A folder that goes when it is no longer needed, and where it is.
pub(super) struct Scratch(pub(super) Tree, pub(super) PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Self, Error> {
        let around = env::temp_dir().join(format!("byod-export-{}", random()?));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&around)
            .map_err(|error| Error::io(&around, error))?;
        let folder = around.join("convex");
        let tree = Tree::named(&folder, &around.join("byod.toml"))?;
        Ok(Self(tree, folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind, it is in the way of nothing.
        let around = self.1.parent().unwrap_or(&self.1);
        let _ = fs::remove_dir_all(around);
    }
}
