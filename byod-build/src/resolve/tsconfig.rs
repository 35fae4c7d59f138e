//! A `tsconfig.json`: where imports lead, and how TypeScript is compiled.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc_resolver::{ExtendsField, TsConfig};

use super::disk::Resolver;
use super::frameworks;
use super::specifier::package_of;
use crate::limits::read_text;
use crate::typescript::Dialect;

/// Finds the folder of a package of the same monorepo, seen from a folder.
type FindPackage<'a> = dyn FnMut(&Path, &str) -> Option<PathBuf> + 'a;

/// What a `tsconfig.json` declares.
pub(crate) struct Tsconfig {
    /// With all that it extends, where that is there.
    whole: Option<Arc<TsConfig>>,
    /// The file itself, then those that it extends, as far as they are there: often
    /// one is of a package that is not installed.
    parts: Vec<TsConfig>,
    /// What it extends that is not there, with the folder that refers to it.
    missing: Vec<(PathBuf, String)>,
}

impl Tsconfig {
    pub(crate) fn read(resolver: &Resolver, path: &Path, find: &mut FindPackage) -> Self {
        let mut tsconfig = Self {
            whole: resolver.resolve_tsconfig(path).ok(),
            parts: Vec::new(),
            missing: Vec::new(),
        };
        tsconfig.add(path, find);
        tsconfig
    }

    fn add(&mut self, path: &Path, find: &mut FindPackage) {
        let is_known = self.parts.iter().any(|part| part.path() == path);
        let parsed = read_text(path)
            .ok()
            .and_then(|json| TsConfig::parse(true, path, path, json).ok());
        let Some(part) = parsed.filter(|_| !is_known) else {
            return;
        };
        let extended: Vec<String> = extended(&part).map(ToOwned::to_owned).collect();
        self.parts.push(part);
        let folder = path.parent().unwrap_or(path);
        // Later ones count before earlier ones.
        for specifier in extended.into_iter().rev() {
            match locate(folder, &specifier, find) {
                Some(path) => self.add(&path, find),
                None => self.missing.push((folder.to_owned(), specifier)),
            }
        }
    }

    pub(crate) fn whole(&self) -> Option<&TsConfig> {
        self.whole.as_deref()
    }

    /// The files that were read.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().map(TsConfig::path)
    }

    /// What it extends that is not there, with the folder that refers to it.
    pub(crate) fn missing(&self) -> impl Iterator<Item = (&Path, &str)> {
        let missing = self.missing.iter();
        missing.map(|(from, specifier)| (from.as_path(), specifier.as_str()))
    }

    /// How TypeScript is compiled.
    pub(crate) fn dialect(&self) -> Dialect {
        let options = || self.parts.iter().map(|part| &part.compiler_options);
        let defines_fields = options().find_map(|options| options.use_define_for_class_fields);
        let target = options().find_map(|options| options.target.as_deref());
        let verbatim = options().find_map(|options| options.verbatim_module_syntax);
        let preserved = options().find_map(|options| options.preserve_value_imports);
        Dialect {
            assigns_fields: !defines_fields
                .unwrap_or_else(|| defines_fields_by_itself(target.unwrap_or("esnext"))),
            keeps_imports: verbatim == Some(true) || preserved == Some(true),
            notices: false,
        }
    }

    /// Where `specifier` may be, as far as the files that are there say, where they
    /// are not all there.
    pub(crate) fn candidates(&self, specifier: &str) -> Vec<PathBuf> {
        match self.whole {
            Some(_) => Vec::new(),
            None => self
                .parts
                .iter()
                .flat_map(|part| candidates(part, specifier))
                .collect(),
        }
    }
}

/// The files that the `tsconfig.json` at `path`, of the text `json`, extends, as far as they
/// are there: later ones count before earlier ones.
pub(super) fn bases(path: &Path, json: String, find: &mut FindPackage) -> Vec<PathBuf> {
    let Ok(tsconfig) = TsConfig::parse(true, path, path, json) else {
        return Vec::new();
    };
    let folder = path.parent().unwrap_or(path);
    let mut found: Vec<PathBuf> = extended(&tsconfig)
        .filter_map(|specifier| locate(folder, specifier, find))
        .collect();
    found.reverse();
    found
}

/// The files that a `tsconfig.json` extends.
fn extended(tsconfig: &TsConfig) -> impl Iterator<Item = &str> {
    let files = match &tsconfig.extends {
        Some(ExtendsField::Single(file)) => std::slice::from_ref(file),
        Some(ExtendsField::Multiple(files)) => files.as_slice(),
        None => &[],
    };
    files.iter().map(String::as_str)
}

/// The file that a `tsconfig.json` in `folder` names as the one it extends.
fn locate(folder: &Path, specifier: &str, find: &mut FindPackage) -> Option<PathBuf> {
    let file = |path: PathBuf| {
        let with_ending = PathBuf::from(format!("{}.json", path.display()));
        let inside = path.join("tsconfig.json");
        let mut places = [path, with_ending, inside].into_iter();
        places.find(|path| path.is_file())
    };
    let Some(package) = package_of(specifier) else {
        return file(folder.join(specifier));
    };
    let mut installed = folder.ancestors();
    installed
        .find_map(|folder| file(folder.join("node_modules").join(specifier)))
        .or_else(|| {
            let within = specifier[package.len()..].trim_start_matches('/');
            file(find(folder, &package)?.join(within))
        })
}

/// Where one file says that `specifier` may be.
fn candidates(tsconfig: &TsConfig, specifier: &str) -> Vec<PathBuf> {
    let options = &tsconfig.compiler_options;
    let base = match &options.base_url {
        Some(base_url) => tsconfig.directory().join(base_url),
        None => tsconfig.directory().to_owned(),
    };
    let patterns = options.paths.iter().flatten();
    let mut found: Vec<(usize, Vec<PathBuf>)> = patterns
        .filter_map(|(pattern, targets)| {
            let (prefix, suffix) = pattern.split_once('*').unwrap_or((pattern, ""));
            let rest = specifier.strip_prefix(prefix)?.strip_suffix(suffix)?;
            let matches = pattern.contains('*') || rest.is_empty();
            let target = |target: &PathBuf| base.join(target.to_string_lossy().replace('*', rest));
            matches.then(|| (prefix.len(), targets.iter().map(target).collect()))
        })
        .collect();
    // The longest prefix is the one that counts.
    found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    let by_base_url = options.base_url.as_ref().map(|_| base.join(specifier));
    let by_pattern = found
        .into_iter()
        .next()
        .map_or(Vec::new(), |(_, paths)| paths);
    let of_framework = extended(tsconfig)
        .flat_map(|file| frameworks::candidates(tsconfig.directory(), file, specifier));
    by_pattern
        .into_iter()
        .chain(by_base_url)
        .chain(of_framework)
        .collect()
}

/// Whether class fields are part of the language as of `target`.
fn defines_fields_by_itself(target: &str) -> bool {
    let target = target.to_ascii_lowercase();
    let year = match target.strip_prefix("es") {
        Some("3" | "5" | "6") => 0,
        Some(year) => year.parse().unwrap_or(u16::MAX),
        None => u16::MAX,
    };
    year >= 2022
}
