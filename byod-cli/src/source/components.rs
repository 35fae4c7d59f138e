//! The components of an app: which packages its `convex.config.ts` uses, and under which
//! names.

use super::module::Imported;
use super::mounted::Mount;
use super::project::{Sources, Target};

/// Where a component comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    /// As `convex.config.ts` imports it: `@convex-dev/aggregate/convex.config`.
    pub(crate) specifier: String,
    pub(crate) package: String,
    /// The name that it is given there; none where it goes by its own.
    pub(crate) name: Option<String>,
}

impl Sources {
    /// The components that the app uses, of packages.
    pub(crate) fn components(&self) -> Vec<Component> {
        let Some(config) = self.modules.get("convex.config") else {
            return Vec::new();
        };
        let component = |mount: &Mount| {
            let (import, imported) = config.import_of(&mount.used)?;
            let Target::Package(specifier) = self.resolve(&config.name, &import.specifier) else {
                return None;
            };
            let package = specifier.trim_end_matches(".js");
            let package = package.strip_suffix("/convex.config")?.to_owned();
            (imported.imported == Imported::Default).then(|| Component {
                package,
                specifier,
                name: mount.name.clone(),
            })
        };
        config.mounts.iter().filter_map(component).collect()
    }

    /// The version of a package that the project's `package.json` asks for.
    pub(crate) fn version(&self, package: &str) -> Option<&str> {
        self.package
            .as_ref()?
            .get("dependencies")?
            .get(package)?
            .as_str()
    }
}
