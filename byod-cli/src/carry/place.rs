//! Where main's modules are on users' deployments, and which can't be there.

/// The name under which main's module is carried over.
pub(crate) fn out_name(module: &str) -> String {
    match module {
        "schema" | "functions" | "http" | "crons" | "auth.config" | "convex.config" => {
            format!("byod/main_{module}")
        }
        other => other.to_owned(),
    }
}

/// Why no function of the module can be on users' deployments.
pub(crate) fn is_taken(module: &str) -> Option<String> {
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
