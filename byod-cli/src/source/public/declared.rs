//! What anybody could call on users' deployments, who knows the address of one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use byod_schema::{FunctionPath, Project, Visibility};

use super::mounts::may_mount;

/// The file that says that `byod export` wrote the project.
pub(crate) const LOCK: &str = "byod.lock.json";

/// The public functions of the users' project beside `ping`.
pub(crate) fn public_functions(user: &Project) -> impl Iterator<Item = &FunctionPath> {
    let public = user.functions.iter().filter(|(path, function)| {
        let is_ping = path.module == "functions" && path.name == "ping";
        !is_ping && function.visibility == Visibility::Public
    });
    public.map(|(path, _)| path)
}

/// What is public in an exported project beside `ping`, whoever wrote it, each with what
/// to do about it.
///
/// `user` is the project in `folder` as a build reads it.
pub(super) fn public(folder: &Path, user: &Project) -> Vec<String> {
    let mut found: Vec<String> = public_functions(user)
        .map(|path| {
            format!(
                "`{path}` of the users' project is public: anybody who knows a deployment's address could call it. Make it with the builders of `byod/owner`, in custom/, or with an internal one of Convex's; or remove it"
            )
        })
        .collect();
    if let Some(router) = router(folder) {
        found.push(format!(
            "`{router}` of the users' project makes HTTP routes, which anybody could call who knows a deployment's address. Remove it: the service reaches users' deployments by their functions alone"
        ));
    }
    found.extend(mounted(folder, ""));
    found.extend(packages_within(folder));
    found
}

/// The folders of packages in a Convex folder, each with what to do about it.
pub(crate) fn packages_within(folder: &Path) -> Vec<String> {
    let found = package_folders(folder).into_iter().map(|path| {
        let path = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        format!(
            "`{path}` is in the users' Convex folder: Convex takes what is in it for functions, which anybody could call who knows a deployment's address. Install packages beside the Convex folder"
        )
    });
    found.collect()
}

/// Folders of packages inside of the Convex folder: Convex takes what is there for
/// modules of the project.
fn package_folders(convex: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut todo = vec![convex.to_owned()];
    while let Some(folder) = todo.pop() {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries {
            let path = entry.path();
            if entry.file_name() == "node_modules" {
                found.insert(path);
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(path);
            }
        }
    }
    found
}

/// The file of a folder that makes HTTP routes.
fn router(folder: &Path) -> Option<String> {
    let endings = ["ts", "js", "mts", "mjs", "cts", "cjs", "tsx", "jsx"];
    let mut names = endings.map(|ending| format!("http.{ending}")).into_iter();
    names.find(|name| folder.join(name).exists())
}

/// Components that bring HTTP routes: those of the folder itself which have a router, and
/// any, also of a package, to which a `convex.config` gives a place among the routes.
fn mounted(folder: &Path, below: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["convex.config.ts", "convex.config.js"] {
        let file = folder.join(name);
        let Ok(text) = byod_build::read_text(&file) else {
            continue;
        };
        if let Some(what) = may_mount(&file, &text) {
            found.push(format!(
                "`{below}{name}` of the users' project {what}: that may give a component HTTP routes, which anybody could call who knows a deployment's address. Write `app.use(component)` there, with no option but `name` and `env`"
            ));
        }
        if let (false, Some(router)) = (below.is_empty(), router(folder)) {
            found.push(format!(
                "`{below}{router}` of the users' project makes HTTP routes of a component, which anybody could call who knows a deployment's address. Remove it"
            ));
        }
    }
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let (true, Some(name)) = (is_folder, entry.file_name().to_str())
            && name != "node_modules"
        {
            found.extend(mounted(&entry.path(), &format!("{below}{name}/")));
        }
    }
    found
}
