//! Which files imports are given: those of the project's package or workspace.

use std::path::{Path, PathBuf};

use crate::limits::read_file;

/// The folder that a project's files are in, and nothing outside of it.
pub(crate) struct Grounds {
    /// The Convex folder.
    convex: PathBuf,
    /// The outermost folder that is the project's own.
    root: PathBuf,
}

impl Grounds {
    /// Those of a Convex folder, which is absolute and leads through no link.
    ///
    /// They are the outermost workspace of its repository or that itself, else its package,
    /// else the folder around it.
    pub(crate) fn of(convex: &Path) -> Self {
        let around = convex.parent().unwrap_or(convex);
        let home = std::env::home_dir();
        // What is around everything of a person is nobody's package.
        let may_be = |folder: &&Path| {
            folder.parent().is_some() && !home.as_ref().is_some_and(|home| home.starts_with(folder))
        };
        // What is around a repository is another's, though it be a submodule of that.
        let repository = around
            .ancestors()
            .find(|folder| folder.join(".git").exists());
        let is_within = |folder: &&Path| repository.is_none_or(|root| folder.starts_with(root));
        let above = || around.ancestors().filter(may_be).filter(is_within);
        let package = above().find(|folder| {
            folder.join("package.json").is_file() || folder.join("convex.json").is_file()
        });
        let workspace = above().filter(|folder| is_workspace(folder)).last();
        // The files around the root of a file system are the system's.
        let least = if around.parent().is_some() {
            around
        } else {
            convex
        };
        Self {
            convex: convex.to_owned(),
            root: workspace.or(package).unwrap_or(least).to_owned(),
        }
    }

    /// The outermost folder that is the project's own.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The Convex folder.
    pub(crate) fn convex(&self) -> &Path {
        &self.convex
    }

    /// Why the file `real`, whose path is absolute and leads through no link, is not
    /// given to imports: a part of a sentence about it.
    ///
    /// Packages (`is_package`) may be installed elsewhere and linked: what is in another
    /// `node_modules` was installed, too.
    pub(crate) fn refuse(&self, real: &Path, is_package: bool) -> Option<String> {
        let installed = real
            .ancestors()
            .filter(|folder| folder.ends_with("node_modules"))
            .last()
            .filter(|_| is_package);
        let root = match installed {
            Some(folder) if !real.starts_with(&self.root) => folder.parent().unwrap_or(folder),
            _ => &self.root,
        };
        let Ok(within) = real.strip_prefix(root) else {
            return Some(format!(
                "{}, which is outside of {}, the project's package or workspace",
                real.display(),
                self.root.display()
            ));
        };
        let mut folder = root.to_owned();
        let mut is_installed = false;
        let ending = real.extension().and_then(|ending| ending.to_str());
        let is_module = !matches!(ending, None | Some("json" | "txt"));
        for part in within {
            folder.push(part);
            let is_hidden = part.as_encoded_bytes().starts_with(b".");
            // The stores of package managers, and a Convex folder's own place, are no
            // secret; modules in it Convex takes wherever they are.
            let is_folder = folder != real;
            let is_known = is_folder
                && (is_installed || is_module && folder.starts_with(&self.convex))
                || self.convex.starts_with(&folder);
            if is_hidden && !is_known {
                return Some(format!(
                    "{}, and imports are given nothing whose name begins with a dot",
                    real.display()
                ));
            }
            is_installed |= part == "node_modules";
        }
        None
    }
}

/// Whether a folder says that the packages below it belong together.
fn is_workspace(folder: &Path) -> bool {
    #[derive(serde::Deserialize)]
    struct Description {
        workspaces: Option<serde::de::IgnoredAny>,
    }
    let names_members = || {
        let json = read_file(&folder.join("package.json")).ok()?;
        let description: Description = serde_json::from_slice(&json).ok()?;
        description.workspaces
    };
    folder.join("pnpm-workspace.yaml").is_file()
        || folder.join(".git").exists()
        || names_members().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_beside_and_above_are_refused() {
        let grounds = Grounds {
            convex: PathBuf::from("/w/.trees/a/convex"),
            root: PathBuf::from("/w"),
        };
        let refused = |path: &str| grounds.refuse(Path::new(path), false).is_some();
        let installed = |path: &str| grounds.refuse(Path::new(path), true).is_none();
        assert!(installed("/x/node_modules/y/index.js"));
        assert!(installed(
            "/x/node_modules/.pnpm/y@1/node_modules/y/index.js"
        ));
        assert!(!installed("/x/node_modules/y/.env"));
        assert!(!installed("/x/y/index.js"));
        assert!(refused("/x/node_modules/y/index.js"));
        for given in [
            "/w/.trees/a/convex/x.ts",
            "/w/.trees/a/src/x.ts",
            "/w/.trees/a/convex/.lib/x.ts",
            "/w/shared/x.ts",
            "/w/node_modules/.pnpm/x@1/node_modules/x/index.js",
        ] {
            assert!(!refused(given), "{given}");
        }
        for kept in [
            "/etc/passwd",
            "/work/x.ts",
            "/w/.env",
            "/w/.git/config",
            "/w/.trees/a/convex/.env.json",
            "/w/.trees/a/convex/.keys/key.json",
            "/w/.trees/a/convex/.x.ts",
            "/w/.lib/x.ts",
            "/w/node_modules/x/.env",
        ] {
            assert!(refused(kept), "{kept}");
        }
    }
}
