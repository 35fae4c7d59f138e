//! Aliases that a framework writes into a `tsconfig.json` of its own, which isn't
//! there where the framework has not run.

use std::path::{Path, PathBuf};

/// An alias, and the folders it stands for, seen from the app's.
type Alias = (&'static str, &'static [&'static str]);

/// By the folder that the framework writes.
const FRAMEWORKS: [(&str, &[Alias]); 2] = [
    (".svelte-kit", &[("$lib", &["src/lib"])]),
    (
        ".nuxt",
        &[
            ("~~", &[""]),
            ("@@", &[""]),
            ("~", &["app", "src", ""]),
            ("@", &["app", "src", ""]),
            ("#shared", &["shared"]),
        ],
    ),
];

/// Where `specifier` may be, for an app in `folder` whose `tsconfig.json` extends
/// the file `extended`.
pub(crate) fn candidates(folder: &Path, extended: &str, specifier: &str) -> Vec<PathBuf> {
    let is_of = |framework: &str| extended.split('/').any(|part| part == framework);
    let aliases = FRAMEWORKS.into_iter().filter(|(name, _)| is_of(name));
    aliases
        .flat_map(|(_, aliases)| aliases)
        .filter_map(|(alias, folders)| {
            let rest = specifier.strip_prefix(alias)?;
            let within = if rest.is_empty() {
                rest
            } else {
                rest.strip_prefix('/')?
            };
            Some(
                folders
                    .iter()
                    .map(move |below| folder.join(below).join(within)),
            )
        })
        .flatten()
        .collect()
}
