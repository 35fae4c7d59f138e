//! The packages that carried code may use, at the versions that were read, and what each may
//! be used for: what it is given, it neither keeps nor shows to anybody, and what it does when
//! it is loaded, or makes, changes nothing. A component is reached by objects of its package's
//! classes, which do with a context nothing but run the component's own functions.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{Deployments, FunctionPath};

use super::known::{Carrier, Reason};
use super::need::{Mounted, Need};
use crate::source::{Component, Facts, Imported, Module, Target};
use crate::touches::{Ids, Sides, handed};

/// A package, or a module of one, that is let in.
struct LetIn {
    module: &'static str,
    /// Major and minor number: the first and the last version that was read.
    versions: [(u64, u64); 2],
    /// Classes whose objects run a component's functions, and nothing else.
    classes: &'static [&'static str],
    /// What else may be used of it.
    names: &'static [&'static str],
    component: Option<OfPackage>,
}

/// The component of a package.
struct OfPackage {
    /// Its own name, where an app gives it no other.
    name: &'static str,
    /// From which version on the package has the component's type.
    typed_from: (u64, u64),
}

const LET_IN: [LetIn; 8] = [
    LetIn {
        module: "@convex-dev/aggregate",
        versions: [(0, 1), (0, 3)],
        classes: &["DirectAggregate", "TableAggregate"],
        names: &[],
        component: Some(OfPackage {
            name: "aggregate",
            typed_from: (0, 2),
        }),
    },
    LetIn {
        module: "@convex-dev/rate-limiter",
        versions: [(0, 2), (0, 4)],
        classes: &["RateLimiter"],
        names: &[
            "DAY",
            "HOUR",
            "MINUTE",
            "SECOND",
            "WEEK",
            "isRateLimitError",
        ],
        component: Some(OfPackage {
            name: "rateLimiter",
            typed_from: (0, 3),
        }),
    },
    LetIn {
        module: "@convex-dev/sharded-counter",
        versions: [(0, 1), (0, 2)],
        classes: &["ShardedCounter"],
        names: &[],
        component: Some(OfPackage {
            name: "shardedCounter",
            typed_from: (0, 2),
        }),
    },
    LetIn {
        module: "convex-helpers",
        versions: [(0, 1), (0, 1)],
        classes: &[],
        names: &["asyncMap", "nullThrows", "omit", "pick", "pruneNull"],
        component: None,
    },
    // The query that it is given is byod's.
    LetIn {
        module: "convex-helpers/server/filter",
        versions: [(0, 1), (0, 1)],
        classes: &[],
        names: &["filter"],
        component: None,
    },
    // The database that they are given is byod's, which has the caller's documents alone.
    LetIn {
        module: "convex-helpers/server/relationships",
        versions: [(0, 1), (0, 1)],
        classes: &[],
        names: &[
            "getAll",
            "getAllOrThrow",
            "getManyFrom",
            "getManyVia",
            "getManyViaOrThrow",
            "getOneFrom",
            "getOneFromOrThrow",
            "getOrThrow",
        ],
        component: None,
    },
    // It reads by the query of the database that it is given, in the order of an index that
    // it finds in the schema.
    LetIn {
        module: "convex-helpers/server/pagination",
        versions: [(0, 1), (0, 1)],
        classes: &[],
        names: &["paginator"],
        component: None,
    },
    // Made and registered with at the top level; see `triggers`.
    LetIn {
        module: "convex-helpers/server/triggers",
        versions: [(0, 1), (0, 1)],
        classes: &[],
        names: &["Triggers"],
        component: None,
    },
];

/// The package that a specifier is of: `@convex-dev/aggregate`.
fn package_of(specifier: &str) -> &str {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(parts - 1);
    end.map_or(specifier, |(end, _)| &specifier[..end])
}

/// Major and minor number of what a `package.json` asks for; none where that may be others.
fn version(range: &str) -> Option<(u64, u64)> {
    let numbers = range.trim_start_matches(['^', '~', '=', 'v']);
    let mut parts = numbers.split('.');
    let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    // `^1.2.0` is any `1`.
    let is_one = parts.next().is_some() && (major == 0 || !range.starts_with('^'));
    is_one.then_some((major, minor))
}

/// Whether carried code may import that specifier.
pub(crate) fn is_let_in(specifier: &str) -> bool {
    LET_IN.iter().any(|known| known.module == specifier)
}

impl Carrier<'_> {
    /// What carried code takes of a package.
    pub(super) fn add_package(
        &self,
        specifier: &str,
        imported: &Imported,
        local: &str,
        need: &mut Need,
    ) -> Result<(), Reason> {
        let Some(known) = LET_IN.iter().find(|known| known.module == specifier) else {
            return Err(format!("imports `{local}` of `{specifier}`"));
        };
        let is_known = matches!(imported, Imported::Name(name)
            if known.classes.contains(&name.as_str()) || known.names.contains(&name.as_str()));
        if !is_known {
            return Err(format!("imports `{local}` of `{specifier}`"));
        }
        let package = package_of(specifier);
        self.let_in(known)?;
        let asked = self.sources.version(package).unwrap_or_default();
        need.packages.insert(package.to_owned(), asked.to_owned());
        Ok(())
    }

    /// The version of the package that main asks for, where it was read.
    fn let_in(&self, known: &LetIn) -> Result<(u64, u64), Reason> {
        let package = package_of(known.module);
        let [first, last] = known.versions;
        let range = || {
            format!(
                "known are {}.{}.x to {}.{}.x",
                first.0, first.1, last.0, last.1
            )
        };
        let Some(asked) = self.sources.version(package) else {
            return Err(format!(
                "uses `{package}`, which the `dependencies` of main's `package.json` don't name ({})",
                range()
            ));
        };
        match version(asked) {
            Some(version) if first <= version && version <= last => Ok(version),
            _ => Err(format!(
                "uses `{package}` at `{asked}`, which byod doesn't know ({})",
                range()
            )),
        }
    }

    /// The components that functions use which run on main for everybody.
    fn on_main(&self) -> &BTreeMap<String, FunctionPath> {
        let found = || Sides::new(self.sources, self.manifest).components_on_main();
        self.components_on_main.get_or_init(found)
    }

    /// The components that a statement names: what is in one knows no owner, so it is carried
    /// over where a deployment is one user's.
    pub(super) fn add_components(&self, facts: &Facts, need: &mut Need) -> Result<(), Reason> {
        for name in &facts.touching.components {
            let refused = |why: &str| Err(format!("needs the component `{name}`, {why}"));
            if self.manifest.ownership.deployments == Deployments::Shared {
                return refused("whose tables know no owner, and users share a deployment");
            }
            if let Some(path) = self.on_main().get(name) {
                return refused(&format!(
                    "and so does `{path}`, which runs on main: neither would see what the other has put there"
                ));
            }
            let mut all = self.components.iter();
            let found = all.find_map(|component| {
                let known = LET_IN.iter().find(|l| l.module == component.package);
                let of_package = known.and_then(|known| known.component.as_ref());
                let given = component.name.as_deref();
                let is_it = match given.or(of_package.map(|of| of.name)) {
                    Some(known) => known == name,
                    // As far as can be told: `rateLimiter` of `@convex-dev/rate-limiter`.
                    None => component
                        .package
                        .replace('-', "")
                        .to_lowercase()
                        .ends_with(&format!("/{}", name.to_lowercase())),
                };
                is_it.then_some((component, known, of_package))
            });
            let (component, known, of_package) = match found {
                None => return refused("which isn't seen in `convex.config.ts`"),
                Some((component, Some(known), Some(of_package))) => (component, known, of_package),
                Some((Component { package, .. }, ..)) => {
                    return refused(&format!("of `{package}`, which byod doesn't know"));
                }
            };
            let version = match self.let_in(known) {
                Ok(version) => version,
                Err(reason) => return refused(&format!("which {reason}")),
            };
            let asked = self.sources.version(&component.package).unwrap_or_default();
            need.packages
                .insert(component.package.clone(), asked.to_owned());
            let mounted = Mounted {
                specifier: component.specifier.clone(),
                package: component.package.clone(),
                own_name: of_package.name,
                has_type: version >= of_package.typed_from,
            };
            need.components.insert(name.clone(), mounted);
        }
        Ok(())
    }

    /// What packages do with a context or a database that they are given: it must show that
    /// no table of main's is among what they reach.
    pub(super) fn check_lent(
        &self,
        module: &Module,
        facts: &Facts,
        ids: &Ids<'_>,
        need: &mut Need,
    ) -> Result<(), Reason> {
        let tables: BTreeSet<&str> = self.manifest.main.schema.table_names().collect();
        for used in facts.touching.uses.iter().filter(|used| used.is_handed) {
            let Some((import, imported)) = module.import_of(&used.name) else {
                continue;
            };
            let Target::Package(package) = self.sources.resolve(&module.name, &import.specifier)
            else {
                continue;
            };
            let name = &used.name;
            match handed(&package, imported.imported.name(), used, &tables, ids) {
                None => {
                    return Err(format!(
                        "doesn't show which tables `{name}` of `{package}` reaches"
                    ));
                }
                Some((_, reached)) => {
                    for table in reached.iter().filter(|table| self.is_foreign(table)) {
                        if !self.is_own_copy(table, &used.texts) {
                            return Err(format!("reaches main's table `{table}` by `{name}`"));
                        }
                        need.mirror.insert(table.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a name of the module stands for an object by which a component is reached.
    pub(super) fn is_of_component(&self, module: &Module, name: &str) -> bool {
        let Some((there, index)) = self.sources.declared(module, name) else {
            return false;
        };
        let class = there.statements[index].class.as_deref();
        let import = class.and_then(|class| there.import_of(class));
        import.is_some_and(|(import, imported)| {
            let Target::Package(package) = self.sources.resolve(&there.name, &import.specifier)
            else {
                return false;
            };
            let known = LET_IN.iter().find(|known| known.module == package);
            known.is_some_and(|known| {
                matches!(&imported.imported, Imported::Name(name) if known.classes.contains(&name.as_str()))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_by_what_it_may_become() {
        assert_eq!(version("0.3.1"), Some((0, 3)));
        assert_eq!(version("^0.2.0"), Some((0, 2)));
        assert_eq!(version("~1.4.2"), Some((1, 4)));
        for open in [
            "*",
            "latest",
            ">=0.2.0",
            "^1.0.0",
            "0",
            "0.2",
            "workspace:*",
        ] {
            assert_eq!(version(open), None, "{open}");
        }
    }

    #[test]
    fn a_package_is_what_its_modules_are_of() {
        assert_eq!(package_of("convex-helpers/server/filter"), "convex-helpers");
        assert_eq!(package_of("@convex-dev/aggregate"), "@convex-dev/aggregate");
    }
}
