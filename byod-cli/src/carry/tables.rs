//! Which tables a statement reaches, by ids and by names that are computed: none of main's.

use super::known::{Carrier, Reason};
use super::need::Need;
use crate::source::{Facts, Module, OperationOf};

impl Carrier<'_> {
    /// The documents that are reached by ids are of the users' tables, or main's by its outbox.
    pub(super) fn check_reached(
        &self,
        module: &Module,
        index: usize,
        facts: &Facts,
        need: &mut Need,
    ) -> Result<(), Reason> {
        let ids = self.ids(module, index);
        for reached in &facts.reached {
            match ids.tables(&reached.id) {
                None => {
                    let reason = format!(
                        "doesn't show of which table the document is in `{}`: write `\"table\", ` before the id",
                        reached.shown
                    );
                    let place = (module.name.clone(), index);
                    need.unclear.entry(place).or_insert(reason);
                }
                Some(tables) => {
                    let only = tables.first().filter(|_| tables.len() == 1);
                    let row = only.filter(|table| self.is_foreign(table));
                    if let Some(row) =
                        row.and_then(|table| self.add_row_by_id(table, reached.at, facts, need))
                    {
                        row?;
                    } else if let Some(table) = tables.iter().find(|t| self.is_away(t)) {
                        return Err(format!(
                            "reaches main's table `{table}` by an id in `{}`",
                            reached.shown
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Where only who gives ids shows of which tables they are, all of them are the users'.
    pub(super) fn check_unclear(&self, need: &Need) -> Result<(), Reason> {
        for (at, reason) in &need.unclear {
            let mut is_seen = false;
            for path in &need.functions {
                let Some((module, index)) = self.sources.exported(&path.module, &path.name) else {
                    return Err(reason.clone());
                };
                let start = (module.name.clone(), index);
                let tables = self.analysis.tables_by_ids(&start, at);
                let tables = tables.ok_or_else(|| reason.clone())?;
                is_seen |= !tables.is_empty();
                let mut mains = tables.difference(&self.manifest.user_tables);
                if let Some(table) = mains.next() {
                    return Err(format!("reaches main's table `{table}`: it {reason}"));
                }
            }
            // It is led to otherwise than by name.
            if !is_seen {
                return Err(reason.clone());
            }
        }
        Ok(())
    }

    /// Where tables are named by what is computed, no text may be one of main's.
    pub(super) fn check_tables(&self, need: &Need) -> Result<(), Reason> {
        let all = || {
            need.statements.iter().filter_map(|(module, index)| {
                let module = self.sources.modules.get(module)?;
                Some((module, *index, &module.statements[*index].facts))
            })
        };
        let mut is_open = false;
        for (module, index, facts) in all().filter(|(_, _, facts)| facts.has_computed_tables) {
            let ids = self.ids(module, index);
            for operation in &facts.touching.operations {
                let OperationOf::Table(named) = &operation.of else {
                    continue;
                };
                match ids.named(named) {
                    // `for (const table of ["notes", "tasks"] as const)`
                    Some(tables) => {
                        if let Some(table) = tables.iter().find(|table| self.is_away(table)) {
                            return Err(format!(
                                "reaches main's table `{table}` in `{}`",
                                operation.shown
                            ));
                        }
                    }
                    None => is_open = true,
                }
            }
            // Where it isn't seen that a database is asked.
            is_open |= facts.touching.operations.is_empty();
        }
        if !is_open {
            return Ok(());
        }
        let mut texts = all().flat_map(|(_, _, facts)| &facts.texts);
        match texts.find(|text| self.is_foreign(text)) {
            Some(table) => Err(format!(
                "names main's table `{table}`, and computes which table it uses"
            )),
            None => Ok(()),
        }
    }
}
