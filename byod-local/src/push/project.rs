//! What a pushed project declares: its bundle is run, as a deployment runs it.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::{env, fs};

use byod_build::{Limits, read_project};
use byod_schema::{Function, FunctionPath, Schema};
use sha2::{Digest, Sha256};

use super::refusal::NotPushed;
use super::request::Module;
use crate::random;

/// How many projects are kept in mind, so that a fleet of deployments reads each once.
const KEPT: usize = 8;

/// What a project declares.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) schema: Schema,
    pub(super) functions: BTreeMap<FunctionPath, Function>,
    /// The version that it says.
    pub(super) version: Option<f64>,
}

type Reading = Arc<OnceLock<Result<Arc<Declared>, NotPushed>>>;

/// Those read last, by what they are made of.
static READ: Mutex<VecDeque<([u8; 32], Reading)>> = Mutex::new(VecDeque::new());

/// Reads a project, which takes a moment, unless it was read lately.
pub(super) fn read(
    schema: Option<&Module>,
    modules: &BTreeMap<String, Module>,
) -> Result<Arc<Declared>, NotPushed> {
    let digest = digest(schema, modules);
    let reading = {
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        match read.iter().find(|(of, _)| *of == digest) {
            Some((_, reading)) => reading.clone(),
            None => {
                let reading = Reading::default();
                read.push_back((digest, reading.clone()));
                if read.len() > KEPT {
                    read.pop_front();
                }
                reading
            }
        }
    };
    let declared = reading
        .get_or_init(|| run(schema, modules).map(Arc::new))
        .clone();
    if declared.as_ref().is_err_and(NotPushed::is_internal) {
        // The project isn't to blame, and may be read the next time.
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        read.retain(|(_, other)| !Arc::ptr_eq(other, &reading));
    }
    declared
}

/// The hash by which a bundler knows a module again.
pub(super) fn hash(module: &Module) -> String {
    let mut hasher = Sha256::new();
    hasher.update(&module.source);
    hasher.update(module.source_map.as_deref().unwrap_or_default());
    let hash = hasher.finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digest(schema: Option<&Module>, modules: &BTreeMap<String, Module>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for module in schema.into_iter().chain(modules.values()) {
        for part in [&module.path, &module.source] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().into()
}

fn run(schema: Option<&Module>, modules: &BTreeMap<String, Module>) -> Result<Declared, NotPushed> {
    let folder = Folder::new()?;
    for module in modules.values() {
        folder.write(&module.path, &module.source)?;
    }
    folder.write(
        "schema.js",
        schema.map_or(NO_SCHEMA, |schema| &schema.source),
    )?;
    let reading = read_project(&folder.convex(), &Limits::default());
    let reading = reading.map_err(|error| NotPushed::new("InvalidSchema", error))?;
    if !reading.warnings.is_empty() {
        return Err(NotPushed::new(
            "InvalidModules",
            reading.warnings.join("\n"),
        ));
    }
    let functions = reading.functions.into_iter();
    Ok(Declared {
        schema: reading.schema.value,
        functions: functions
            .map(|(path, function)| (path, function.value))
            .collect(),
        version: reading.schema_version,
    })
}

/// What stands for a schema that isn't there.
const NO_SCHEMA: &str =
    r#"export default { tables: {}, export: () => '{"tables":[],"schemaValidation":false}' };"#;

/// A folder for the time of the reading.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, NotPushed> {
        let random = random::secret().map_err(NotPushed::internal)?;
        let folder = Self(env::temp_dir().join(format!("byod-local-{random}")));
        fs::create_dir_all(folder.convex()).map_err(NotPushed::internal)?;
        Ok(folder)
    }

    fn convex(&self) -> PathBuf {
        self.0.join("convex")
    }

    /// Writes a module, unless its path leads elsewhere.
    fn write(&self, path: &str, text: &str) -> Result<(), NotPushed> {
        let below = Path::new(path);
        let leads_elsewhere = |part| !matches!(part, Component::Normal(_));
        if path.is_empty() || below.components().any(leads_elsewhere) {
            let reason = format!("{path:?} is no path of a module");
            return Err(NotPushed::new("InvalidConfig", reason));
        }
        let file = self.convex().join(below);
        let folder = file.parent().unwrap_or(&self.0);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&file, text));
        written.map_err(|error| NotPushed::internal(format!("{path}: {error}")))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind, it is in the way of nothing.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_for_no_fault_of_the_project_is_read_again() {
        // Longer than names of files may be.
        let path = format!("{}.js", "a".repeat(1_000));
        let module = Module {
            path: path.clone(),
            source: String::new(),
            source_map: None,
            environment: "isolate".to_owned(),
        };
        let modules = BTreeMap::from([(path, module)]);
        let refused = read(None, &modules).unwrap_err();
        assert!(refused.is_internal(), "{refused:?}");
        let digest = digest(None, &modules);
        let kept = READ.lock().unwrap();
        assert!(kept.iter().all(|(of, _)| *of != digest));
    }
}
