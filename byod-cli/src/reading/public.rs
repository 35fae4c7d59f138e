//! What anybody could call on users' deployments, who knows the address of one.

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
    let mut endings = ["ts", "js", "mts", "mjs", "cts", "cjs", "tsx", "jsx"].iter();
    let router = endings.find(|ending| folder.join(format!("http.{ending}")).exists());
    if let Some(ending) = router {
        found.push(format!(
            "`http.{ending}` of the users' project makes HTTP routes, which anybody could call who knows a deployment's address. Remove it: the service reaches users' deployments by their functions alone"
        ));
    }
    found
}
