//! What a function reads of main's tables of which users' deployments have copies: the
//! caller's own documents, for no others are there.

use std::collections::BTreeSet;

use byod_schema::Validator;

use super::known::{Carrier, Reason};
use super::need::Need;
use crate::owners::{Copies, Owners};
use crate::source::{Module, Operation, OperationOf, Origin};
use crate::touches::Ids;

impl Carrier<'_> {
    /// What the statement asks of copies must be about who calls.
    pub(super) fn check_copies(
        &self,
        module: &Module,
        index: usize,
        need: &mut Need,
    ) -> Result<(), Reason> {
        if self.mirrored.is_empty() {
            return Ok(());
        }
        let facts = &module.statements[index].facts;
        let ids = self.ids(module, index);
        // As types, too.
        let written = |table: &String| {
            let of = |o: &&Operation| tables_of(&ids, o).contains(table);
            let mut all = facts.touching.operations.iter().filter(of).peekable();
            all.peek().is_some() && all.all(|operation| operation.writes)
        };
        let named = facts.tables.iter().filter(|t| self.mirrored.contains(*t));
        need.mirror
            .extend(named.filter(|table| !written(table)).cloned());
        let is_lookup = |table: &String, operation: &Operation| {
            let by = operation.by.iter().map(|(field, _)| field);
            let by: BTreeSet<&String> = by.collect();
            let mut lookups = facts.lookups.iter();
            lookups
                .any(|lookup| lookup.table == *table && lookup.fields.iter().eq(by.iter().copied()))
        };
        for operation in &facts.touching.operations {
            let tables = tables_of(&ids, operation);
            for table in tables.iter().filter(|table| self.mirrored.contains(*table)) {
                // Main does it, if it can.
                if operation.writes {
                    continue;
                }
                // What becomes of it is another's matter.
                if self.callers.contains(table) && is_lookup(table, operation) {
                    continue;
                }
                self.check_own(table, operation)?;
                need.mirror.insert(table.clone());
            }
        }
        Ok(())
    }

    /// Only the caller's own documents are there.
    fn check_own(&self, name: &str, operation: &Operation) -> Result<(), Reason> {
        let Some(table) = self.manifest.main.schema.table(name) else {
            return Ok(());
        };
        let others = |what: &str| {
            Err(format!(
                "reads documents of main's table `{name}` {what} in `{}`, where only the caller's own are mirrored",
                operation.shown
            ))
        };
        match &operation.id {
            Some(id) if self.callers.contains(name) => match self.is_given(id) {
                Some(argument) => others(&format!("that the argument `{argument}` names")),
                None => Ok(()),
            },
            Some(_) => Ok(()),
            _ if self.callers.contains(name) => others("of several users"),
            _ => {
                let Ok(copies) = Copies::of(self.manifest, table) else {
                    return Ok(());
                };
                let Some(owner) = copies.field() else {
                    return Ok(());
                };
                let by = operation.by.iter().find(|(field, _)| field == owner);
                match by {
                    // By a token, say: it is the caller's own, or an error there.
                    None if operation.is_one && !operation.by.is_empty() => Ok(()),
                    None => others(&format!("without `.eq(\"{owner}\", …)`")),
                    Some((_, value)) => match self.is_given(value) {
                        Some(argument) => {
                            others(&format!("whose owner its argument `{argument}` names"))
                        }
                        None => Ok(()),
                    },
                }
            }
        }
    }

    /// Whether a package that is told these texts, and that table of main's among them, reads
    /// the caller's own copies, or what is everybody's.
    pub(super) fn is_own_copy(&self, name: &str, texts: &BTreeSet<String>) -> bool {
        let Some(table) = self.manifest.main.schema.table(name) else {
            return false;
        };
        if !self.mirrored.contains(name) {
            return false;
        }
        match Copies::of(self.manifest, table) {
            Ok(Copies::Everybody) => true,
            // By an index that begins with the owner; that it is asked for who calls is
            // seen there.
            Ok(Copies::Owned { field, .. }) => {
                let mut indexes = table.indexes.iter();
                indexes.any(|index| {
                    index.fields.first().is_some_and(|first| first == field)
                        && texts.contains(&index.index_descriptor)
                })
            }
            _ => false,
        }
    }

    /// Where documents are read by main's ids that could be of another table here: in which
    /// places, and what to write there.
    pub(crate) fn copies_reached(&self, module: &Module, index: usize) -> Vec<(usize, String)> {
        if self.mirrored.is_empty() {
            return Vec::new();
        }
        let ids = self.ids(module, index);
        let reached = module.statements[index].facts.reached.iter();
        let copies = reached
            .filter(|reached| reached.is_read)
            .filter_map(|reached| {
                let tables = ids.tables(&reached.id)?;
                let table = tables.first().filter(|_| tables.len() == 1)?;
                let is_copied = self.mirrored.contains(table);
                is_copied.then(|| (reached.at, format!("{}, ", crate::layout::string(table))))
            });
        copies.collect()
    }

    /// The argument that an id is, unless the service fills that in with who calls.
    fn is_given<'o>(&self, origin: &'o Origin) -> Option<&'o str> {
        match origin {
            Origin::Member(of, name) => {
                let is_args = match &**of {
                    Origin::Or(first, _) => **first == Origin::Args,
                    of => *of == Origin::Args,
                };
                let is_told = self.manifest.inject.contains_key(name);
                (is_args && !is_told).then_some(name.as_str())
            }
            Origin::Or(first, _) => self.is_given(first),
            _ => None,
        }
    }

    /// Whether it asks for users' documents without saying whose: what reads main's copies
    /// beside that may be about everybody, which nobody sees there.
    pub(super) fn check_everybodys(&self, need: &Need) -> Result<(), Reason> {
        for (module, index) in &need.statements {
            let Some(module) = self.sources.modules.get(module) else {
                continue;
            };
            let ids = self.ids(module, *index);
            for operation in &module.statements[*index].facts.touching.operations {
                if operation.writes || !is_query(operation) {
                    continue;
                }
                let tables = tables_of(&ids, operation);
                let lost = tables
                    .iter()
                    .find(|table| !self.is_narrowed(table, operation));
                if let Some(table) = lost {
                    return Err(format!(
                        "reads `{table}` of everybody, as it seems, in `{}`: nothing there says whose. List it in `user.across_users` if it is to, or narrow it by the owner or a parent",
                        operation.shown
                    ));
                }
            }
        }
        Ok(())
    }

    fn is_narrowed(&self, name: &str, operation: &Operation) -> bool {
        let Some(table) = self.manifest.main.schema.table(name) else {
            return true;
        };
        if !self.manifest.user_tables.contains(name)
            || table.document_type == Validator::Any
            || self.manifest.ownership.common.contains(name)
        {
            return true;
        }
        let mut narrowing: BTreeSet<String> = Owners::of(self.manifest, table)
            .fields()
            .iter()
            .map(|field| (*field).to_owned())
            .collect();
        table.document_type.visit_ids(&mut |field, of| {
            if self.manifest.user_tables.contains(of) || self.callers.contains(of) {
                narrowing.insert(field.to_owned());
            }
        });
        narrowing.is_empty()
            || operation
                .by
                .iter()
                .any(|(field, _)| narrowing.contains(field))
    }
}

fn is_query(operation: &Operation) -> bool {
    operation.id.is_none()
}

/// The tables that an operation is about, as far as they show.
pub(super) fn tables_of(ids: &Ids<'_>, operation: &Operation) -> BTreeSet<String> {
    match &operation.of {
        OperationOf::Table(named) => ids.named(named).unwrap_or_default(),
        OperationOf::Id(id) => ids.tables(id).unwrap_or_default(),
        OperationOf::Perhaps(table) | OperationOf::Edge(table) => [table.clone()].into(),
    }
}
