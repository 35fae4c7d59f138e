//! What is asked of an export.

use std::path::Path;

use super::typecheck::TypeScript;
use crate::tree::Tree;

/// How it is to be done.
pub(crate) struct Options {
    /// Overwrite what people have edited.
    pub(crate) force: bool,
    /// Have TypeScript judge what is planned.
    pub(crate) typecheck: bool,
}

impl Options {
    /// The TypeScript of main's project, which is to judge what would be written to
    /// `tree`; or why none does.
    pub(super) fn typescript(&self, main: &Path, tree: &Tree) -> Result<TypeScript, String> {
        if !self.typecheck {
            return Err("--no-typecheck".to_owned());
        }
        TypeScript::of(main, tree, self.force)
    }
}
