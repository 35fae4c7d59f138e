//! What a name of a module stands for, and whether it may come along.

use super::known::{Carrier, Reason};
use super::need::Need;
use crate::source::{Facts, Imported, Module, Target};

/// What carried code may use of `convex/server`, beside types: nothing that makes a
/// function or finds one by its name.
const OF_SERVER: [&str; 4] = [
    "defineSchema",
    "defineTable",
    "paginationOptsValidator",
    "paginationResultValidator",
];

impl Carrier<'_> {
    /// What is declared under the name comes along, wherever that is.
    pub(super) fn add_name(
        &self,
        module: &Module,
        name: &str,
        facts: &Facts,
        need: &mut Need,
    ) -> Result<(), Reason> {
        if let Some(index) = module.statement_of(name) {
            return self.add_statement(module, index, need);
        }
        let Some((import, imported)) = module.import_of(name) else {
            return Ok(());
        };
        let specifier = &import.specifier;
        match self.sources.resolve(&module.name, specifier) {
            Target::Generated(file) if file == "server" => match &imported.imported {
                Imported::Name(name) if is_server_type(name) => Ok(()),
                _ => Err(format!("uses `{name}` of `_generated/server`")),
            },
            Target::Generated(file)
                if file == "api"
                    && !matches!(name, "api" | "internal")
                    && imported.imported != Imported::Name("components".to_owned()) =>
            {
                Err(format!("uses `{name}` of `_generated/api`"))
            }
            Target::Generated(_) => Ok(()),
            Target::Package(package) if matches!(&*package, "convex/server" | "convex/values") => {
                let is_type =
                    import.type_only || imported.type_only || !facts.values.contains(name);
                match &imported.imported {
                    Imported::Name(_) if is_type || package == "convex/values" => Ok(()),
                    Imported::Name(of) if OF_SERVER.contains(&of.as_str()) => Ok(()),
                    Imported::Name(of) => Err(format!("uses `{of}` of `{package}`")),
                    _ => Err(format!("imports all of `{package}` as `{name}`")),
                }
            }
            Target::Package(package) => self.add_package(&package, &imported.imported, name, need),
            Target::Module(target) => {
                // Here too, with the users' tables.
                if target == "schema" && imported.imported == Imported::Default {
                    return Ok(());
                }
                let Some(imported) = imported.imported.name() else {
                    return Err(format!("imports all of `{specifier}` as `{name}`"));
                };
                let Some((module, index)) = self.sources.exported(&target, imported) else {
                    return Err(format!(
                        "imports `{name}`, which is not found in `{specifier}`"
                    ));
                };
                self.add_statement(module, index, need)
                    .map_err(|reason| via(name, reason))
            }
        }
    }
}

/// Where a reason lies deep, the last name on the way says enough.
fn via(name: &str, reason: Reason) -> Reason {
    if reason.starts_with("uses `") && reason.contains(", which ") || reason.contains(" (in `") {
        reason
    } else {
        format!("{reason} (in `{name}`)")
    }
}

pub(crate) fn is_server_type(name: &str) -> bool {
    matches!(
        name,
        "QueryCtx" | "MutationCtx" | "ActionCtx" | "DatabaseReader" | "DatabaseWriter"
    )
}
