//! Where main's modules are on users' deployments, and which can't be there.

use crate::tree::unfit;

/// The name under which main's module is carried over.
pub(crate) fn out_name(module: &str) -> String {
    match module {
        "schema" | "functions" | "http" | "crons" | "auth.config" | "convex.config" => {
            format!("byod/main_{module}")
        }
        other => other.to_owned(),
    }
}

/// Why a module can't be a file of every checkout.
pub(crate) fn is_unfit(module: &str) -> Option<String> {
    let reason = unfit(&format!("{module}.ts"))?;
    Some(format!(
        "`{module}.ts`, a name that no file has in a checkout on Windows ({reason}): rename that module"
    ))
}

/// Why no function of the module can be on users' deployments.
pub(crate) fn is_taken(module: &str) -> Option<String> {
    if let Some(reason) = is_unfit(module) {
        return Some(format!("is in {reason}"));
    }
    let what = match module {
        "functions" => "the file of `ping`",
        "schema" => "the schema's file",
        "http" | "crons" => "a file of Convex's own use",
        _ => return None,
    };
    Some(format!(
        "is in `{module}.ts`, which is {what} there: move it into a folder, as `lib/{module}.ts`"
    ))
}

/// Whether a module's file is one of byod's own there, or of the person's.
pub(super) fn is_own(module: &str) -> bool {
    let of_app = ["byod/app/", "byod/workspace/"];
    let is_apps = of_app.iter().any(|prefix| module.starts_with(prefix));
    let is_byods = module.starts_with("byod/") && !is_apps;
    is_byods || module.starts_with("custom/")
}
