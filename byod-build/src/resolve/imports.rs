//! Where the imports of a project's modules lead, for tools that read its text.

use std::path::{Path, PathBuf};

use super::inert::Target;
use super::resolution::Resolution;

/// Finds the files that modules import, as a build finds them: with the paths of
/// `tsconfig.json`, and packages of the same monorepo.
pub struct Imports(Resolution);

impl Imports {
    /// Those of the modules of a Convex folder, whose path is absolute and leads
    /// through no link.
    pub fn new(convex: &Path) -> Self {
        Self(Resolution::new(convex, None))
    }

    /// The file that `specifier` names in a module of the folder `from`; `None` where
    /// it is a package's, a module of Node's, nowhere, or outside of the project's
    /// package or workspace.
    pub fn file(&mut self, from: &Path, specifier: &str) -> Option<PathBuf> {
        let Target::File(path) = self.0.resolve(from, specifier, false) else {
            return None;
        };
        let is_package = path
            .components()
            .any(|part| part.as_os_str() == "node_modules");
        (!is_package).then_some(path)
    }

    /// Where an installed package is, as Node finds it from the Convex folder; `None`
    /// where it isn't, or outside of what the project may have.
    pub fn package(&self, name: &str) -> Option<PathBuf> {
        self.0.package(name)
    }

    /// Every `node_modules` that packages may be in, the nearest first.
    pub fn package_folders(&self) -> Vec<PathBuf> {
        self.0.package_folders().collect()
    }
}
