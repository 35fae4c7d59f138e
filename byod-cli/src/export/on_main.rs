//! What of a carried statement is done on main: it leaves a row of the outbox instead.

use std::ops::Range;

use super::assemble::{Builder, Piece};
use crate::carry::Source;
use crate::layout::string;
use crate::source::{DEFAULT, FunctionRef, Module};

/// What of a context does so: see `byod/outbox.ts`.
const ON_MAIN: &str = "onMain";

impl Builder<'_, '_> {
    /// Whether main schedules the function that is scheduled there.
    pub(super) fn is_left_for_main(&self, function: &FunctionRef) -> bool {
        function.scheduled.is_some()
            && self.need.leaves.calls.contains_key(&function.path)
            && !self.need.functions.contains(&function.path)
            && !self
                .need
                .stubs
                .contains(&Source::Function(function.path.clone()))
    }

    /// What is written in the place of what would write into main's tables, or schedule
    /// main's functions.
    pub(super) fn on_main(&self, module: &Module, index: usize) -> Vec<(Range<usize>, String)> {
        let facts = &module.statements[index].facts;
        let mut edits = Vec::new();
        let by_id = self.carrier.written_by_id(module, index);
        for row in &facts.rows {
            let Some(database) = &row.database else {
                continue;
            };
            let named = row.table.as_ref();
            let is_mains = named.is_some_and(|table| self.carrier.is_foreign(table));
            match by_id.get(&row.at).filter(|_| named.is_none()) {
                Some(table) => edits.push((row.at..row.at, format!("{}, ", string(table)))),
                None if is_mains => {}
                None => continue,
            }
            edits.push((database.clone(), ON_MAIN.to_owned()));
        }
        for function in facts.functions.iter().filter(|f| self.is_left_for_main(f)) {
            if let Some(scheduled) = &function.scheduled {
                edits.push((scheduled.scheduler.clone(), ON_MAIN.to_owned()));
                let path = function.path.to_string();
                edits.push((scheduled.function.clone(), string(&path)));
            }
        }
        edits
    }

    /// What stands for helpers that main runs.
    pub(super) fn helpers(&self) -> Vec<Piece> {
        let helpers = self.need.leaves.helpers.keys();
        let here = helpers.filter(|(module, _)| *module == self.name);
        here.map(|(module, name)| {
            let head = match name.as_str() {
                DEFAULT => "default async function ".to_owned(),
                name => format!("async function {name}"),
            };
            let path = string(&format!("{module}:{name}"));
            Piece {
                at: self.place(name),
                text: format!(
                    "/** Main does it, later. */\n\
                     export {head}(ctx: any, ...given: any[]): Promise<void> {{\n  \
                     await ctx.{ON_MAIN}.help({path}, given);\n}}"
                ),
                statement: None,
            }
        })
        .collect()
    }
}
