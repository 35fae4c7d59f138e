//! Where an import leads: a file, one of our stand-ins, or nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use oxc_resolver::{
    ResolveContext, ResolveError, ResolveOptions, TsConfig, TsconfigDiscovery, TsconfigOptions,
    TsconfigReferences,
};

use super::builtins::is_builtin;
use super::disk::Resolver;
use super::inert::{Target, builtin, file, not_found, nowhere};
use super::pinned::Pinned;
use super::specifier::{package_in, package_of};
use super::tsconfig::Tsconfig;
use super::workspace::Workspaces;
use crate::folder::Grounds;
use crate::standin::Standin;
use crate::typescript::Dialect;

/// Resolves as Convex's bundler does, and notes every file it had to look at.
pub(crate) struct Resolution {
    grounds: Grounds,
    import: Resolver,
    require: Resolver,
    /// For packages that have no entry for anything but Node.
    node: Resolver,
    /// For components whose sources are there and nothing is built.
    source: Resolver,
    /// The nearest `tsconfig.json` files of a folder, innermost first.
    tsconfigs: BTreeMap<PathBuf, Vec<Rc<Tsconfig>>>,
    workspaces: Workspaces,
    pinned: Pinned,
    /// Where packages are installed apart from the project, if they are.
    apart: Option<PathBuf>,
    /// The packages that modules import and that are not installed, with what the
    /// project says of their versions.
    missing: BTreeMap<String, Option<String>>,
    /// The packages that the project's own modules import, installed or not.
    imported: BTreeSet<String>,
    /// By the folder of the importer, and whether it was a `require`: modules side by
    /// side import mostly the same.
    known: HashMap<(PathBuf, bool), HashMap<String, Target>>,
    /// Files that decided a resolution: `package.json`, `tsconfig.json`.
    consulted: BTreeSet<PathBuf>,
    /// Where what led nowhere would be, and those of these files that aren't there.
    absent: BTreeSet<PathBuf>,
}

impl Resolution {
    /// For the modules of a Convex folder, whose path is absolute and leads through
    /// no link.
    pub(crate) fn new(convex: &Path, apart: Option<&Path>) -> Self {
        let import = Resolver::new(options(&["convex", "module", "browser", "import"]));
        let require =
            import.clone_with_options(options(&["convex", "module", "browser", "require"]));
        let node = import.clone_with_options(options(&[
            "convex", "module", "node", "import", "require", "browser",
        ]));
        let source = import.clone_with_options(options(&[
            "@convex-dev/component-source",
            "convex",
            "module",
            "browser",
            "import",
        ]));
        Self {
            source,
            grounds: Grounds::of(convex),
            import,
            require,
            node,
            tsconfigs: BTreeMap::new(),
            workspaces: Workspaces::default(),
            pinned: Pinned::default(),
            apart: apart.map(Path::to_owned),
            missing: BTreeMap::new(),
            imported: BTreeSet::new(),
            known: HashMap::new(),
            consulted: BTreeSet::new(),
            absent: BTreeSet::new(),
        }
    }

    /// The files that decided a resolution, and those that would have.
    pub(crate) fn into_consulted(self) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
        let mut consulted = self.consulted;
        consulted.extend(self.workspaces.into_consulted());
        consulted.extend(self.pinned.into_consulted());
        (consulted, self.absent)
    }

    /// What `specifier` stands for in a module of the folder `from`.
    pub(crate) fn resolve(&mut self, from: &Path, specifier: &str, is_require: bool) -> Target {
        let place = (from.to_owned(), is_require);
        let known = self
            .known
            .get(&place)
            .and_then(|known| known.get(specifier));
        if let Some(target) = known {
            return target.clone();
        }
        if !is_inside_package(from) {
            self.imported.extend(package_of(specifier));
        }
        let target = self.look_up(from, specifier, is_require);
        let known = self.known.entry(place).or_default();
        known.insert(specifier.to_owned(), target.clone());
        target
    }

    fn look_up(&mut self, from: &Path, specifier: &str, is_require: bool) -> Target {
        let bare = specifier.strip_prefix("node:").unwrap_or(specifier);
        if bare == "async_hooks" {
            return Target::Standin(Standin::ASYNC_HOOKS);
        }
        if specifier == "server-only" {
            return Target::Standin(Standin::EMPTY);
        }
        if specifier.starts_with("node:") || specifier.starts_with("bun:") {
            return builtin(specifier);
        }
        let is_aliased = specifier.starts_with('#');
        let found = self.find(from, specifier, is_require);
        // What `imports` of a `package.json` calls a package so.
        let aliased = match &found {
            Ok(path) if is_aliased => package_in(path),
            Err(ResolveError::NotFound(target)) if is_aliased => package_of(target),
            _ => None,
        };
        if !is_inside_package(from) {
            self.imported.extend(aliased.clone());
        }
        let specifier = match &found {
            Err(ResolveError::NotFound(target)) if aliased.is_some() => target,
            _ => specifier,
        };
        match &found {
            Ok(path) => self.given(from, specifier, path.clone()),
            Err(ResolveError::Ignored(_)) => Target::Standin(Standin::EMPTY),
            Err(_) => match self.find_in_workspace(from, specifier) {
                Some(path) => self.given(from, specifier, path),
                None => match self.find_apart(specifier, is_require) {
                    Some(path) => self.given(from, specifier, path),
                    None => {
                        self.note_missing(from, specifier);
                        self.note_absent(from, specifier);
                        nowhere(&mut self.pinned, from, specifier)
                    }
                },
            },
        }
    }

    /// What an import gets of a file that was found for it. Links are followed, and what
    /// they lead to is judged.
    fn given(&self, from: &Path, specifier: &str, path: PathBuf) -> Target {
        // What isn't there can't be read either.
        let Ok(real) = fs::canonicalize(&path) else {
            return file(path);
        };
        let is_package = package_of(specifier).is_some() || is_inside_package(from);
        match self.grounds.refuse(&real, is_package) {
            Some(reason) => Target::Refused(format!("`{specifier}` leads to {reason}")),
            None => file(path),
        }
    }

    /// Every `node_modules` of the project from the Convex folder up.
    pub(crate) fn package_folders(&self) -> impl Iterator<Item = PathBuf> {
        let above = self.grounds.convex().ancestors();
        let within = above.take_while(|folder| folder.starts_with(self.grounds.root()));
        let folders = within.map(|folder| folder.join("node_modules"));
        folders.filter(|folder| folder.is_dir())
    }

    /// Where the nearest package of that name is installed. Links are followed.
    pub(crate) fn package(&self, name: &str) -> Option<PathBuf> {
        let mut found = self
            .package_folders()
            .map(|folder| folder.join(name).join("package.json"));
        let real = fs::canonicalize(found.find(|file| file.is_file())?).ok()?;
        let is_given = self.grounds.refuse(&real, true).is_none();
        real.parent().filter(|_| is_given).map(Path::to_owned)
    }

    /// Why a file that is known is not read: a part of a sentence about it. It is, where
    /// it is at its path.
    pub(crate) fn refuse_link(&self, path: &Path) -> Option<String> {
        let real = fs::canonicalize(path).ok()?;
        (real != path)
            .then(|| self.grounds.refuse(&real, false))
            .flatten()
    }

    /// What `specifier` is, as part of a sentence, where it leads nowhere from a module of
    /// the folder `from`.
    pub(crate) fn not_found(&mut self, from: &Path, specifier: &str) -> String {
        not_found(&mut self.pinned, from, specifier)
    }

    /// What to run where a package is not there, as part of a sentence.
    pub(crate) fn remedy(&mut self, from: &Path, package: &str) -> String {
        self.pinned.remedy(from, package)
    }

    /// A package that is installed apart from the project.
    fn find_apart(&self, specifier: &str, is_require: bool) -> Option<PathBuf> {
        let apart = self
            .apart
            .as_ref()
            .filter(|_| package_of(specifier).is_some())?;
        let first = if is_require {
            &self.require
        } else {
            &self.import
        };
        let look = |resolver: &Resolver| {
            let mut context = ResolveContext::default();
            resolver.resolve_with_context(apart, specifier, None, &mut context)
        };
        let found = look(first).or_else(|_| look(&self.node));
        found.ok().map(|found| found.into_path_buf())
    }

    /// Notes a package that would be needed, and in which version.
    fn note_missing(&mut self, from: &Path, specifier: &str) {
        let Some(package) = package_of(specifier).filter(|_| !is_builtin(specifier)) else {
            return;
        };
        // A package has what the project has, or else what it says that it needs.
        let is_of_package = is_inside_package(from);
        let convex = self.grounds.convex().to_owned();
        let wanted = self
            .pinned
            .wanted(if is_of_package { &convex } else { from }, &package)
            .or_else(|| self.pinned.wanted(from, &package));
        if wanted.is_some() || !is_of_package {
            self.missing.entry(package).or_insert(wanted);
        }
    }

    /// The packages that the project's own modules import, with what the project says of
    /// their versions.
    pub(crate) fn pins(&mut self) -> BTreeMap<String, Option<String>> {
        let convex = self.grounds.convex().to_owned();
        let packages = self.imported.clone().into_iter();
        packages
            .map(|package| {
                let wanted = self.pinned.wanted(&convex, &package);
                (package, wanted)
            })
            .collect()
    }

    /// The packages that modules import and that are not installed.
    pub(crate) fn missing(&self) -> &BTreeMap<String, Option<String>> {
        &self.missing
    }

    /// Notes where a package would be when it is installed.
    fn note_absent(&mut self, from: &Path, specifier: &str) {
        let Some(package) = package_of(specifier).filter(|_| !is_builtin(specifier)) else {
            return;
        };
        let folders = from.ancestors().filter(|f| !f.ends_with("node_modules"));
        let places = folders.map(|folder| folder.join("node_modules").join(&package));
        self.absent.extend(places);
    }

    /// A package of the same monorepo, whether it is linked and built or not.
    fn find_in_workspace(&mut self, from: &Path, specifier: &str) -> Option<PathBuf> {
        let name = package_of(specifier)?;
        let package = self.workspaces.find(from, &name)?;
        let within = specifier[name.len()..].trim_start_matches('/');
        let sources = self.workspaces.sources(&package, within);
        let mut look = |from: &Path, specifier: &str| {
            let mut context = ResolveContext::default();
            let resolve = |resolver: &Resolver, context: &mut ResolveContext| {
                resolver.resolve_with_context(from, specifier, None, context)
            };
            let found = resolve(&self.import, &mut context)
                .or_else(|_| resolve(&self.node, &mut context))
                .or_else(|_| resolve(&self.source, &mut context))
                .ok()?;
            self.consulted.insert(package.join("package.json"));
            Some(found.into_path_buf())
        };
        // By its own `exports`, by its entry, or the source of what is not built.
        let source = [within, "index"]
            .into_iter()
            .find(|part| !part.is_empty())
            .unwrap_or_default();
        look(&package, specifier)
            .or_else(|| sources.iter().find_map(|source| look(&package, source)))
            .or_else(|| look(&package, &format!("./{within}")))
            .or_else(|| look(&package, &format!("./src/{source}")))
            .or_else(|| look(&package, &format!("./{source}")))
    }

    fn find(
        &mut self,
        from: &Path,
        specifier: &str,
        is_require: bool,
    ) -> Result<PathBuf, ResolveError> {
        let is_relative = specifier.starts_with('.');
        let tsconfigs = if is_relative {
            Vec::new()
        } else {
            self.tsconfigs_of(from)
        };
        let resolver = if is_require {
            &self.require
        } else {
            &self.import
        };
        let mut context = ResolveContext::default();
        let mut look = |resolver: &Resolver, specifier: &str, tsconfig: Option<&TsConfig>| {
            resolver.resolve_with_context(from, specifier, tsconfig, &mut context)
        };
        // The nearest tsconfig.json decides in Convex. Where it has no answer, one
        // further out, that an editor would use, may.
        let nearest = tsconfigs.first().and_then(|nearest| nearest.whole());
        let mut found = look(resolver, specifier, nearest);
        for tsconfig in &tsconfigs {
            if found.is_ok() {
                break;
            }
            if let Some(whole) = tsconfig.whole() {
                found = look(resolver, specifier, Some(whole));
            }
            for path in tsconfig.candidates(specifier) {
                found = found.or_else(|_| look(resolver, &path.to_string_lossy(), None));
            }
        }
        if !is_relative && matches!(&found, Err(error) if !error.is_ignore()) {
            found = look(&self.node, specifier, nearest).or(found);
        }
        let is_description =
            |path: &PathBuf| path.file_name().is_some_and(|name| name == "package.json");
        let descriptions = context.file_dependencies.into_iter();
        self.consulted.extend(descriptions.filter(is_description));
        if found.is_err() && (is_relative || package_of(specifier).is_none()) {
            let is_candidate = |path: &&PathBuf| !is_description(path) && !is_inside_package(path);
            let missing = context.missing_dependencies;
            let candidates: Vec<_> = missing.iter().filter(is_candidate).collect();
            // A folder on the way may appear without what is looked for.
            let is_on_the_way = |path: &PathBuf| {
                let mut others = candidates.iter();
                others.any(|other| *other != path && other.starts_with(path))
            };
            let places = candidates.iter().filter(|path| !is_on_the_way(path));
            self.absent.extend(places.map(|path| (*path).clone()));
        }
        found.map(|resolution| resolution.into_path_buf())
    }

    /// How TypeScript in `folder` is compiled: what the nearest `tsconfig.json` says,
    /// though not one of a package.
    pub(crate) fn dialect_in(&mut self, folder: &Path) -> Dialect {
        if is_inside_package(folder) {
            return Dialect::default();
        }
        let tsconfigs = self.tsconfigs_of(folder);
        let nearest = tsconfigs.first();
        nearest.map_or_else(Dialect::default, |nearest| nearest.dialect())
    }

    fn read_tsconfig(&mut self, path: &Path) -> Tsconfig {
        let workspaces = &mut self.workspaces;
        let mut find = |from: &Path, name: &str| workspaces.find(from, name);
        let tsconfig = Tsconfig::read(&self.import, path, &mut find);
        self.consulted.extend(tsconfig.files().map(Path::to_owned));
        for (from, specifier) in tsconfig.missing() {
            match package_of(specifier) {
                Some(_) => self.note_absent(from, specifier),
                None => {
                    let with_ending = format!("{specifier}.json");
                    let places = [specifier, &with_ending];
                    self.absent.extend(places.map(|place| from.join(place)));
                }
            }
        }
        tsconfig
    }

    fn tsconfigs_of(&mut self, folder: &Path) -> Vec<Rc<Tsconfig>> {
        if folder.ends_with("node_modules") {
            return Vec::new();
        }
        if let Some(known) = self.tsconfigs.get(folder) {
            return known.clone();
        }
        let mut found = folder.parent().map_or(Vec::new(), |p| self.tsconfigs_of(p));
        for name in ["jsconfig.json", "tsconfig.json"] {
            let path = folder.join(name);
            if path.is_file() {
                found.insert(0, Rc::new(self.read_tsconfig(&path)));
            } else if !is_inside_package(folder) {
                self.absent.insert(path);
            }
        }
        self.tsconfigs.insert(folder.to_owned(), found.clone());
        found
    }
}

fn is_inside_package(path: &Path) -> bool {
    path.iter().any(|part| part == "node_modules")
}

fn options(conditions: &[&str]) -> ResolveOptions {
    let strings = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    ResolveOptions {
        alias_fields: vec![strings(&["browser"])],
        condition_names: strings(conditions),
        extension_alias: [
            (".js", &[".js", ".ts", ".tsx"][..]),
            (".jsx", &[".jsx", ".tsx"]),
            (".mjs", &[".mjs", ".mts"]),
            (".cjs", &[".cjs", ".cts"]),
        ]
        .map(|(from, to)| (from.to_owned(), strings(to)))
        .to_vec(),
        extensions: strings(&[
            ".tsx", ".ts", ".jsx", ".js", ".mts", ".mjs", ".cts", ".cjs", ".css", ".json",
        ]),
        main_fields: strings(&["browser", "module", "main"]),
        // Which file is meant is said with every import; what it refers to does not matter.
        tsconfig: Some(TsconfigDiscovery::Manual(TsconfigOptions {
            config_file: PathBuf::new(),
            references: TsconfigReferences::Disabled,
        })),
        node_path: false,
        ..ResolveOptions::default()
    }
}
