//! What anybody could call on users' deployments, who knows the address of one.

use std::fs;
use std::path::Path;

use byod_schema::{Project, Visibility};

/// The file that says that `byod export` wrote the project.
pub(crate) const LOCK: &str = "byod.lock.json";

/// What is public in an exported project beside `ping`, whoever wrote it, each with what
/// to do about it; nothing of a project that was never exported.
///
/// `user` is the project in `folder` as a build reads it.
pub(crate) fn public(folder: &Path, user: &Project) -> Vec<String> {
    if !folder.join(LOCK).is_file() {
        return Vec::new();
    }
    let functions = user.functions.iter().filter(|(path, function)| {
        let is_ping = path.module == "functions" && path.name == "ping";
        !is_ping && function.visibility == Visibility::Public
    });
    let mut found: Vec<String> = functions
        .map(|(path, _)| {
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
        let Ok(text) = byod_build::read_text(&folder.join(name)) else {
            continue;
        };
        // The option's name, or something that may hold it.
        if text.contains("httpPrefix") || text.contains("...") {
            found.push(format!(
                "`{below}{name}` of the users' project may give a component HTTP routes, which anybody could call who knows a deployment's address. Take `httpPrefix` and `...` away from it"
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
