//! Judges what is planned, as it would be written: it must read back, fit main, and
//! name nothing that isn't there. What doesn't is not written.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, Location, Manifest};

use super::plan::{Fate, Plan};
use crate::carry::{GLOBALS, Source, is_let_in, out_name};
use crate::error::Error;
use crate::source::public_functions;
use crate::source::{Imported, Module, Sources, Statement, Target};

/// Something wrong with what is planned: in which module, which names it is about,
/// and what it is, in words that complete "it …".
struct Fault {
    module: String,
    names: Vec<String>,
    what: String,
}

/// The functions that can't be as they are planned, each with the reason.
///
/// `manifest` has the planned project as it was read back, `written` its modules.
pub(super) fn judge(
    manifest: &Manifest,
    plan: &Plan,
    main: &Sources,
    written: &Sources,
) -> Result<BTreeMap<FunctionPath, String>, Error> {
    check_custom(manifest, plan)?;
    let mut found = differences(manifest, plan);
    let mut faults = public(manifest)?;
    for (name, module) in &written.modules {
        if is_judged(name) {
            faults.extend(
                Names {
                    manifest,
                    written,
                    module,
                }
                .faults(),
            );
        }
    }
    for fault in faults {
        let blamed = blamed(plan, main, &fault.module, &fault.names);
        if blamed.is_empty() && found.is_empty() {
            return Err(Error::Planned {
                module: fault.module,
                what: fault.what,
            });
        }
        for path in blamed {
            // It says more than that something is missing then.
            let what = format!(
                "would not be right there: `{}` {}",
                fault.module, fault.what
            );
            found.insert(path.clone(), what);
        }
    }
    Ok(found)
}

/// The functions that need what declares one of the names in a written module; without
/// names, anything in it.
pub(super) fn blamed<'p>(
    plan: &'p Plan,
    main: &Sources,
    written: &str,
    names: &[String],
) -> Vec<&'p FunctionPath> {
    let of_statement = |(module, index): &(String, usize)| {
        out_name(module) == written
            && main.modules.get(module).is_some_and(|module| {
                let declared = &module.statements[*index].names;
                names.is_empty() || declared.iter().any(|name| names.contains(name))
            })
    };
    // What stands there in the place of a helper of main's.
    let of_stub = |stub: &Source| match stub {
        Source::Helper(module, name) => out_name(module) == written && names.contains(name),
        Source::Function(path) => path.module == written && names.contains(&path.name),
        _ => false,
    };
    // Helpers that main runs.
    let of_main =
        |(module, name): &(String, String)| out_name(module) == written && names.contains(name);
    let needs = plan.needs.iter().filter(|(path, need)| {
        // Declared elsewhere, and exported there.
        let is_exported = path.module == written && names.contains(&path.name);
        is_exported
            || need.statements.iter().any(of_statement)
            || need.stubs.iter().any(of_stub)
            || need.leaves.helpers.keys().any(of_main)
    });
    needs.map(|(path, _)| path).collect()
}

/// Whether a module holds code of main's, not byod's or a person's.
fn is_judged(module: &str) -> bool {
    let is_byods = module.starts_with("byod/")
        || module.starts_with("_generated/")
        || module == "convex.config";
    let has_mains = ["byod/app/", "byod/workspace/", "byod/main_", "byod/caller"];
    !module.starts_with("custom/")
        && (!is_byods || has_mains.iter().any(|prefix| module.starts_with(prefix)))
}

/// Where carried functions don't fit main's.
fn differences(manifest: &Manifest, plan: &Plan) -> BTreeMap<FunctionPath, String> {
    let carried = plan.functions.iter().filter_map(|report| {
        let Ok(path) = report.function.parse::<FunctionPath>();
        matches!(report.fate, Fate::Carried).then_some(path)
    });
    let carried: BTreeSet<FunctionPath> = carried.collect();
    let modules: BTreeSet<&String> = carried.iter().map(|path| &path.module).collect();
    let mut found = BTreeMap::new();
    for module in modules {
        for difference in manifest.function_differences(module, Location::User) {
            if let Some(path) = difference.function().filter(|path| carried.contains(*path)) {
                found.entry(path.clone()).or_insert_with(|| {
                    format!("would not fit main's once it is carried over: {difference}")
                });
            }
        }
    }
    found
}

/// What people wrote must be there when it is read back.
fn check_custom(manifest: &Manifest, plan: &Plan) -> Result<(), Error> {
    let Some(user) = &manifest.user else {
        return Ok(());
    };
    let custom = plan
        .functions
        .iter()
        .filter(|f| matches!(f.fate, Fate::Custom));
    for report in custom {
        let Ok(path) = report.function.parse::<FunctionPath>();
        if !user.functions.contains_key(&path) {
            let file = format!("custom/{}.", path.module);
            let warning = user.warnings.iter().find(|warning| warning.contains(&file));
            return Err(Error::Custom {
                module: format!("custom/{}", path.module),
                what: match warning {
                    Some(warning) => format!("can't be read back: {warning}"),
                    None => format!("exports `{}`, which is no Convex function", path.name),
                },
            });
        }
    }
    Ok(())
}

/// What anybody could call: no function of users' deployments may be public but
/// `ping`.
fn public(manifest: &Manifest) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    for path in manifest.user.iter().flat_map(public_functions) {
        if path.module.starts_with("custom/") {
            return Err(Error::PublicFunction(path.clone()));
        }
        faults.push(Fault {
            module: path.module.clone(),
            names: vec![path.name.clone()],
            what: format!("exports `{}`, which anybody could call", path.name),
        });
    }
    Ok(faults)
}

/// Judges the names of one module.
struct Names<'a> {
    manifest: &'a Manifest,
    written: &'a Sources,
    module: &'a Module,
}

impl Names<'_> {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |names: &[String], what: String| {
            faults.push(Fault {
                module: self.module.name.clone(),
                names: names.to_vec(),
                what,
            });
        };
        for name in self.twice() {
            fault(&[], format!("would declare `{name}` twice"));
        }
        for statement in &self.module.statements {
            if let Some(what) = self.statement(statement) {
                fault(&statement.names, what);
            }
        }
        faults
    }

    fn statement(&self, statement: &Statement) -> Option<String> {
        let facts = &statement.facts;
        let lost = facts.names.iter().find(|name| !self.is_there(name));
        if let Some(name) = lost {
            return Some(format!("would use `{name}`, which is not there"));
        }
        let mut globals = GLOBALS.iter();
        if let Some((_, what)) = globals.find(|(name, _)| facts.globals.contains(*name)) {
            return Some((*what).to_owned());
        }
        let user = self.manifest.user.as_ref()?;
        let ids = facts.ids.iter().chain(&facts.id_types);
        let named: BTreeSet<&String> = facts.tables.iter().chain(ids.map(|(_, t)| t)).collect();
        let is_mains = |table: &str| {
            self.manifest.main.schema.table(table).is_some() && user.schema.table(table).is_none()
        };
        if let Some(table) = named.into_iter().find(|table| is_mains(table)) {
            return Some(format!("would use main's table `{table}`"));
        }
        let mut called = facts.functions.iter();
        let lost = called.find(|function| !user.functions.contains_key(&function.path));
        lost.map(|function| format!("would call `{}`, which is not there", function.path))
    }

    /// Names that an import and a statement, or two imports, declare.
    fn twice(&self) -> Vec<&str> {
        let mut imported = BTreeSet::new();
        let mut twice = Vec::new();
        for name in self.module.imports.iter().flat_map(|import| &import.names) {
            if !imported.insert(name.local.as_str()) {
                twice.push(name.local.as_str());
            }
        }
        let declared = self.module.statements.iter().flat_map(|s| &s.names);
        twice.extend(
            declared
                .map(String::as_str)
                .filter(|name| imported.contains(name)),
        );
        twice
    }

    fn is_there(&self, name: &str) -> bool {
        if self.module.statement_of(name).is_some() {
            return true;
        }
        let Some((import, imported)) = self.module.import_of(name) else {
            return false;
        };
        match self.written.resolve(&self.module.name, &import.specifier) {
            Target::Generated(_) => true,
            Target::Package(package) => {
                matches!(&*package, "convex/server" | "convex/values") || is_let_in(&package)
            }
            Target::Module(target) => match &imported.imported {
                Imported::Namespace => false,
                imported => imported
                    .name()
                    .is_some_and(|name| self.written.origin(&target, name).is_some()),
            },
        }
    }
}
