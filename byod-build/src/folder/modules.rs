//! Which files of a Convex folder are its modules: the rules of Convex's bundler.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::limits::read_file;

const ENDINGS: [&str; 8] = ["js", "mjs", "cjs", "ts", "tsx", "mts", "cts", "jsx"];

/// A file whose exports may be functions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Module {
    /// The path below the Convex folder without its ending, with `/`: `dir/module`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// The modules below `folder`, in the order in which Convex takes them.
pub(crate) fn find(folder: &Path) -> io::Result<Vec<Module>> {
    let mut found = Vec::new();
    walk(folder, "", &mut found)?;
    Ok(found)
}

fn walk(folder: &Path, below: &str, found: &mut Vec<Module>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name(), entry.file_type()?))
        })
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, file_type) in entries {
        // A name that is not UTF-8 can't be the path of a function.
        let Some(name) = name.to_str() else { continue };
        let path = folder.join(name);
        let relative = format!("{below}{name}");
        // Links are not followed, as in Convex.
        if file_type.is_dir() {
            let is_component = path.join("convex.config.ts").exists();
            // What the bundler itself writes: `_deps` has what modules of a push share, and has no functions.
            let is_bundlers = relative == "_generated" || relative == "_deps";
            if name != "node_modules" && !is_bundlers && !is_component {
                walk(&path, &format!("{relative}/"), found)?;
            }
        } else if !file_type.is_symlink() && is_source(name) && !file_type.is_file() {
            // Whoever bundles the folder would wait for it.
            let error = read_file(&path).err();
            let reason = error.map_or_else(String::new, |error| error.to_string());
            return Err(io::Error::other(format!("{relative}: {reason}")));
        } else if file_type.is_file()
            && let Some(module) = module_name(&relative, name)
            && !is_script(&path, name)?
        {
            found.push(Module { name: module, path });
        }
    }
    Ok(())
}

/// Whether a file of that name has code that Convex's bundler takes, as a module of the
/// folder or where one imports it. Declarations of types have none.
pub fn is_source(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else {
        return false;
    };
    ENDINGS.contains(&ending) && !(stem.ends_with(".d") && matches!(ending, "ts" | "mts" | "cts"))
}

fn module_name(relative: &str, name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    let is_module = ENDINGS.contains(&ending)
        && !name.starts_with(['.', '#'])
        && name != "schema.ts"
        && name != "schema.js"
        && !stem.contains('.')
        && !relative.contains(' ');
    is_module.then(|| relative[..relative.len() - ending.len() - 1].to_owned())
}

/// A TypeScript file without any import or export is not a module.
fn is_script(path: &Path, name: &str) -> io::Result<bool> {
    if !name.ends_with(".ts") && !name.ends_with(".tsx") {
        return Ok(false);
    }
    let bytes = read_file(path)?;
    let source = String::from_utf8_lossy(&bytes);
    Ok(!source.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with("import") || line.starts_with("export")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_by_its_path_without_the_ending() {
        let name = |relative: &str| {
            let file = relative.rsplit('/').next().unwrap();
            module_name(relative, file)
        };
        assert_eq!(name("messages.ts").unwrap(), "messages");
        assert_eq!(name("a/b.mts").unwrap(), "a/b");
        for skipped in [
            "schema.ts",
            "lib/schema.js",
            "x.test.ts",
            "auth.config.ts",
            ".hidden.ts",
            "#x.ts",
            "a b/c.ts",
            "notes.md",
            "x.d.ts",
        ] {
            assert_eq!(name(skipped), None, "{skipped}");
        }
    }
}
