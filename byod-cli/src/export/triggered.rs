//! Builders whose functions' databases set off triggers.

use std::ops::Range;

use super::assemble::{Builder, Piece};
use crate::source::Module;

impl Builder<'_, '_> {
    /// Whether the builder of that name is there, with byod's inside of it.
    pub(super) fn is_triggered(&self, module: &Module, builder: &str) -> bool {
        let found = self.carrier.sources.declared(module, builder);
        found.is_some_and(|(there, index)| {
            let mut names = there.statements[index].names.iter();
            names.any(|name| {
                let of = (there.name.clone(), name.clone());
                self.need.triggered.contains_key(&of)
            })
        })
    }

    /// What stands for main's builders.
    pub(super) fn triggered(&mut self) -> Vec<Piece> {
        let all = self.need.triggered.iter();
        let here = all.filter(|((module, _), _)| *module == self.name);
        let here: Vec<(String, String)> = here
            .map(|((_, builder), triggers)| (builder.clone(), triggers.clone()))
            .collect();
        if !here.is_empty() {
            self.import_owner("ownerMutation", false);
        }
        here.into_iter()
            .map(|(builder, triggers)| Piece {
                at: self.place(&builder),
                text: format!(
                    "/** What is written by it sets off the triggers. */\n\
                     export const {builder}: typeof ownerMutation = (definition: any): any =>\n  \
                     ownerMutation({{\n    \
                     ...definition,\n    \
                     handler: async (ctx: any, args: any) =>\n      \
                     await definition.handler({triggers}.wrapDB(ctx), args),\n  }});"
                ),
                statement: None,
            })
            .collect()
    }

    /// Where `new Triggers<DataModel>()` says whose contexts its functions get: byod's have
    /// more than Convex's.
    pub(super) fn typed_triggers(&self, module: &Module, index: usize) -> Option<Range<usize>> {
        if !self.carrier.are_triggers(module, index) {
            return None;
        }
        let statement = &module.statements[index];
        let class = statement.class.as_deref()?;
        let made = format!("new {class}");
        let code = &module.text[statement.code.clone()];
        let start = statement.code.start + code.find(&made)? + made.len();
        let end = start + module.text[start..statement.code.end].find('(')?;
        Some(start..end)
    }
}
