//! Triggers of `convex-helpers`: what a mutation writes sets them off, in its own
//! transaction.

use byod_schema::Deployments;

use super::known::{Carrier, Reason};
use super::need::Need;
use crate::source::{Module, Target};

const PACKAGE: &str = "convex-helpers/server/triggers";

impl Carrier<'_> {
    /// The triggers come along, with all that is registered with them. A builder is made of
    /// byod's that wraps the database in the same way.
    pub(super) fn add_triggers(
        &self,
        module: &Module,
        name: &str,
        need: &mut Need,
    ) -> Result<(), Reason> {
        let found = self.sources.declared(module, name);
        let found = found.filter(|(there, index)| self.are_triggers(there, *index));
        let Some((there, index)) = found else {
            return Err(format!(
                "wraps its database by `{name}`, which can't be followed"
            ));
        };
        // What is to run stands in lists that the package keeps.
        if self.manifest.ownership.deployments == Deployments::Shared {
            return Err(format!(
                "sets off the triggers of `{name}`, and users share a deployment"
            ));
        }
        // It is named where it is declared.
        if there.name != module.name {
            return Err(format!(
                "sets off the triggers of `{name}`, which another module declares: make the builder there"
            ));
        }
        self.add_statement(there, index, need)
    }

    /// Whether the statement is `const triggers = new Triggers<DataModel>()`.
    pub(crate) fn are_triggers(&self, module: &Module, index: usize) -> bool {
        let class = module.statements[index].class.as_deref();
        let import = class.and_then(|class| module.import_of(class));
        import.is_some_and(|(import, imported)| {
            imported.imported.name() == Some("Triggers")
                && self.sources.resolve(&module.name, &import.specifier)
                    == Target::Package(PACKAGE.to_owned())
        })
    }
}
