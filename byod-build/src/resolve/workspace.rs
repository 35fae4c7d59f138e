//! Packages of a monorepo whose links in `node_modules` are not there: they are
//! found by the globs of the workspace, or by the path that a dependency names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use super::glob::name_matches;
use super::tsconfig;
use crate::limits::{read_file, read_text};

/// How many times one `tsconfig.json` may extend another.
const EXTENDED: usize = 8;

/// How deep `**` reaches.
const DEPTH: usize = 6;

/// The packages that can be had by name, looked up once for every folder.
#[derive(Default)]
pub(crate) struct Workspaces {
    /// By the folder that has the `package.json`.
    known: BTreeMap<PathBuf, Rc<Members>>,
    /// The files that said where packages are.
    consulted: BTreeSet<PathBuf>,
}

/// The folders of packages, by name.
type Members = BTreeMap<String, PathBuf>;

#[derive(Default, Deserialize)]
struct Description {
    name: Option<String>,
    exports: Option<Value>,
    main: Option<String>,
    module: Option<String>,
    workspaces: Option<Globs>,
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
    #[serde(default, rename = "devDependencies")]
    dev_dependencies: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Globs {
    List(Vec<String>),
    Object { packages: Vec<String> },
}

impl Workspaces {
    /// The folder of the package `name`, as a module in `from` would mean it.
    pub(crate) fn find(&mut self, from: &Path, name: &str) -> Option<PathBuf> {
        from.ancestors()
            .find_map(|folder| self.members_of(folder).get(name).cloned())
    }

    /// Where the sources may be of what the package in `folder` exports as `within`, whose
    /// files are still to be built: as paths below it, without endings.
    pub(crate) fn sources(&mut self, folder: &Path, within: &str) -> Vec<String> {
        let description = self.description(folder);
        let mut targets = Vec::new();
        let name = match within {
            "" => ".".to_owned(),
            within => format!("./{within}"),
        };
        match description.exports {
            Some(exports) => match exports.get(&name) {
                Some(entry) => texts(entry, &mut targets),
                None if within.is_empty() => texts(&exports, &mut targets),
                None => targets.extend(by_pattern(&exports, &name)),
            },
            None if within.is_empty() => {
                targets.extend([description.module, description.main].into_iter().flatten());
            }
            None => {}
        }
        let compiled = self.compiled(folder);
        let by_tsconfig = targets.iter().flat_map(|target| {
            let sources = compiled.iter();
            sources.filter_map(|(out, root)| compiled_from(target, out, root))
        });
        let usual = targets.iter().filter_map(|target| source_of(target));
        by_tsconfig.chain(usual).collect()
    }

    /// Where each `tsconfig.json` of a package puts what it compiles, and where that lies.
    fn compiled(&mut self, folder: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let is_tsconfig = name.starts_with("tsconfig") && name.ends_with(".json");
            if !is_tsconfig {
                continue;
            }
            if let Some(out) = self.folder_option(folder, &file, "outDir", EXTENDED) {
                match self.folder_option(folder, &file, "rootDir", EXTENDED) {
                    Some(root) => found.push((out, root)),
                    None => found.extend(["src", "."].map(|root| (out.clone(), root.to_owned()))),
                }
            }
        }
        found
    }

    /// The folder that a `tsconfig.json` of the package in `package` gives an option, or one
    /// that it extends, seen from the package; `None` if it lies elsewhere.
    fn folder_option(
        &mut self,
        package: &Path,
        file: &Path,
        name: &str,
        depth: usize,
    ) -> Option<String> {
        let text = read_text(file).ok()?;
        self.consulted.insert(file.to_owned());
        if let Some(value) = option(&text, name) {
            // A path is meant from the file that has it, unless it says otherwise.
            let from = match value.strip_prefix("${configDir}") {
                Some(rest) => package.join(rest.trim_start_matches('/')),
                None => file.parent()?.join(value),
            };
            return below(package, &from);
        }
        let mut find = |from: &Path, name: &str| self.find(from, name);
        let bases = tsconfig::bases(file, text, &mut find);
        let deeper = depth.checked_sub(1)?;
        bases
            .iter()
            .find_map(|base| self.folder_option(package, base, name, deeper))
    }

    /// The files that said where packages are.
    pub(crate) fn into_consulted(self) -> BTreeSet<PathBuf> {
        self.consulted
    }

    fn members_of(&mut self, folder: &Path) -> Rc<Members> {
        if let Some(known) = self.known.get(folder) {
            return known.clone();
        }
        let members = Rc::new(self.read(folder));
        self.known.insert(folder.to_owned(), members.clone());
        members
    }

    fn read(&mut self, folder: &Path) -> Members {
        let mut members = Members::new();
        let description = self.description(folder);
        let pnpm = folder.join("pnpm-workspace.yaml");
        let mut globs = match description.workspaces {
            Some(Globs::List(globs) | Globs::Object { packages: globs }) => globs,
            None => Vec::new(),
        };
        if let Ok(yaml) = read_text(&pnpm) {
            globs.extend(pnpm_globs(&yaml));
            self.consulted.insert(pnpm);
        }
        // A package can be imported by itself, too: an example of it does.
        if let Some(name) = description.name {
            members.insert(name, folder.to_owned());
        }
        let mut folders = Vec::new();
        for glob in globs.iter().filter(|glob| !glob.starts_with('!')) {
            let parts: Vec<&str> = glob
                .split('/')
                .filter(|p| !matches!(*p, "" | "."))
                .collect();
            folders.extend(expand(folder, &parts));
        }
        for package in folders {
            if let Some(name) = self.description(&package).name {
                members.entry(name).or_insert(package);
            }
        }
        let dependencies = description.dependencies.into_iter();
        for (name, version) in dependencies.chain(description.dev_dependencies) {
            let protocols = ["file:", "link:", "portal:"];
            let version = version.as_str().unwrap_or_default();
            if let Some(path) = protocols.iter().find_map(|p| version.strip_prefix(p)) {
                members.entry(name).or_insert_with(|| folder.join(path));
            }
        }
        members
    }

    fn description(&mut self, folder: &Path) -> Description {
        let path = folder.join("package.json");
        let Ok(json) = read_file(&path) else {
            return Description::default();
        };
        self.consulted.insert(path);
        serde_json::from_slice(&json).unwrap_or_default()
    }
}

/// All texts of an entry of `exports`, in order.
fn texts(entry: &Value, found: &mut Vec<String>) {
    match entry {
        Value::String(text) => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| texts(one, found)),
        Value::Object(all) => all.values().for_each(|one| texts(one, found)),
        _ => {}
    }
}

/// A folder as seen from `package`, in which it is.
fn below(package: &Path, folder: &Path) -> Option<String> {
    let mut plain = PathBuf::new();
    for part in folder.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    let within = plain.strip_prefix(package).ok()?.to_str()?;
    Some(if within.is_empty() { "." } else { within }.replace('\\', "/"))
}

/// The text that a `tsconfig.json` gives an option, in which there may be comments.
fn option(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().map(str::trim_start);
    let code: Vec<&str> = lines.filter(|line| !line.starts_with("//")).collect();
    let code = code.join("\n");
    let (_, rest) = code.split_once(&format!("\"{name}\""))?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let (value, _) = value.strip_prefix('"')?.split_once('"')?;
    Some(value.to_owned())
}

/// Where the source is of `target`, if the compiler puts it into `out` and takes it
/// from `root`.
fn compiled_from(target: &str, out: &str, root: &str) -> Option<String> {
    let plain = |path: &str| {
        path.trim_start_matches("./")
            .trim_end_matches('/')
            .to_owned()
    };
    let (target, out) = (plain(target), plain(out));
    let rest = target.strip_prefix(&out)?.strip_prefix('/')?;
    Some(format!("./{}/{}", plain(root), without_ending(rest)))
}

fn without_ending(file: &str) -> &str {
    let endings = [".d.ts", ".d.mts", ".d.cts", ".js", ".mjs", ".cjs"];
    endings
        .iter()
        .find_map(|ending| file.strip_suffix(ending))
        .unwrap_or(file)
}

/// The texts of the entry of `exports` whose key, with a `*`, means `name`.
fn by_pattern(exports: &Value, name: &str) -> Vec<String> {
    let entries = exports.as_object().into_iter().flatten();
    let mut fitting = entries.filter_map(|(key, entry)| {
        let (start, end) = key.split_once('*')?;
        let part = name.strip_prefix(start)?.strip_suffix(end)?;
        let mut found = Vec::new();
        texts(entry, &mut found);
        Some(found.iter().map(|text| text.replace('*', part)).collect())
    });
    fitting.next().unwrap_or_default()
}

/// Where the source is of a file that is built into a folder as it usually is:
/// `src/client/index` of `./dist/esm/client/index.js`.
fn source_of(target: &str) -> Option<String> {
    let path = target.trim_start_matches("./");
    let (folder, rest) = path.split_once('/')?;
    let rest = match folder {
        "dist" | "build" | "lib" | "out" => rest,
        _ => return None,
    };
    let rest = match rest.split_once('/') {
        Some(("esm" | "cjs" | "commonjs" | "module" | "types", rest)) => rest,
        _ => rest,
    };
    let rest = without_ending(rest);
    let rest = rest.strip_prefix("src/").unwrap_or(rest);
    Some(format!("./src/{rest}"))
}

/// The list `packages` of a `pnpm-workspace.yaml`.
fn pnpm_globs(yaml: &str) -> Vec<String> {
    let unquoted = |item: &str| {
        let item = item.split(" #").next().unwrap_or(item).trim();
        item.trim_matches(['"', '\'']).to_owned()
    };
    let mut lines = yaml
        .lines()
        .skip_while(|line| !line.starts_with("packages:"));
    let inline = lines.next().and_then(|line| {
        let list = line.strip_prefix("packages:")?.trim();
        let list = list.strip_prefix('[')?.strip_suffix(']')?;
        Some(list.split(',').map(unquoted).collect::<Vec<_>>())
    });
    inline.unwrap_or_else(|| {
        lines
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map_while(|line| line.strip_prefix('-').map(unquoted))
            .collect()
    })
}

/// The folders below `folder` that the parts of a glob mean, each once: in whatever number
/// of ways a glob could mean it, it is read once for each part.
fn expand(folder: &Path, parts: &[&str]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::from([folder.to_owned()]);
    for part in parts {
        found = match *part {
            "**" => {
                let mut last: Vec<PathBuf> = found.iter().cloned().collect();
                for _ in 0..DEPTH {
                    last = last.iter().flat_map(|folder| within(folder, "*")).collect();
                    last.retain(|folder| found.insert(folder.clone()));
                }
                found
            }
            part if part.contains('*') => {
                let all = found.iter();
                all.flat_map(|folder| within(folder, part)).collect()
            }
            part => {
                let all = found.iter().map(|folder| folder.join(part));
                all.filter(|folder| folder.is_dir()).collect()
            }
        };
    }
    found
}

/// The folders in `folder` whose names a part of a glob means.
fn within(folder: &Path, part: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_meant = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        is_folder && name != "node_modules" && !name.starts_with('.') && name_matches(part, &name)
    };
    entries.filter(is_meant).map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_of_what_is_built() {
        let source = |target| source_of(target).unwrap_or_default();
        assert_eq!(source("./dist/esm/client/index.js"), "./src/client/index");
        assert_eq!(source("./dist/client/index.d.ts"), "./src/client/index");
        assert_eq!(source("./dist/src/x.mjs"), "./src/x");
        assert_eq!(source("./src/x.ts"), "");
    }

    #[test]
    fn where_a_tsconfig_puts_what_it_compiles() {
        let tsconfig = "{\n  // \"outDir\": \"old\",\n  \"compilerOptions\": { \"outDir\": \"./made/js\", \"rootDir\": \"./source\" }\n}";
        assert_eq!(option(tsconfig, "outDir").as_deref(), Some("./made/js"));
        let source = |target| compiled_from(target, "./made/js", "./source/");
        let found = source("./made/js/client/index.d.ts");
        assert_eq!(found.as_deref(), Some("./source/client/index"));
        assert_eq!(source("./made/jsx/index.js"), None);
        let root = compiled_from("made/index.js", "made", ".");
        assert_eq!(root.as_deref(), Some("././index"));
    }

    #[test]
    fn the_packages_of_pnpm() {
        let yaml = "catalog:\n  a: 1\npackages:\n  - \"apps/*\"\n  # comment\n  - 'packages/**' # more\nonlyBuilt:\n  - x\n";
        assert_eq!(pnpm_globs(yaml), ["apps/*", "packages/**"]);
        assert_eq!(pnpm_globs("packages: [a, 'b/*']"), ["a", "b/*"]);
        assert_eq!(pnpm_globs("catalog: {}"), Vec::<String>::new());
    }
}
