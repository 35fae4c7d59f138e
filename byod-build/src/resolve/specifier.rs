//! What an import names, by how it is written, or by where it leads.

use std::path::Path;

/// `@scope/name/x` is of `@scope/name`; a path is of no package.
pub(crate) fn package_of(specifier: &str) -> Option<String> {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let package: Vec<&str> = specifier.split('/').take(parts).collect();
    let is_name = |part: &&str| !part.is_empty() && *part != "@";
    let is_package = package.len() == parts
        && package.iter().all(is_name)
        && !specifier.starts_with(['.', '/', '~', '#', '$']);
    is_package.then(|| package.join("/"))
}

/// The package that a file is of, where one is installed.
pub(crate) fn package_in(file: &Path) -> Option<String> {
    let file = file.to_string_lossy().replace('\\', "/");
    package_of(file.rsplit_once("/node_modules/")?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_package_is_named() {
        let package = |specifier| package_of(specifier).unwrap_or_default();
        assert_eq!(package("@convex-dev/auth/server"), "@convex-dev/auth");
        assert_eq!(package("convex-helpers/server"), "convex-helpers");
        assert_eq!(package("./lib"), "");
        assert_eq!(package("@/lib/x"), "");
        let of_file = |file| package_in(Path::new(file));
        let pnpm = "/x/node_modules/.pnpm/@a+b@1/node_modules/@a/b/index.js";
        assert_eq!(of_file(pnpm).as_deref(), Some("@a/b"));
        assert_eq!(of_file("/x/src/lib.ts"), None);
    }
}
