//! Which fields of main's documents travel to users' deployments: those that carried
//! functions read, and none that `byod.toml` says never leaves main.

use std::collections::{BTreeMap, BTreeSet};

use super::copies::tables_of;
use super::for_main::Given;
use super::known::{Carrier, Reason};
use super::need::Need;
use crate::owners::Copies;
use crate::source::Sources;

/// What of mirrored tables is brought to users' deployments.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Travelling {
    /// By table that carried functions read, the fields; `never_mirror` is not among them.
    pub(crate) tables: BTreeMap<String, BTreeSet<String>>,
    /// The tables of which a function hands whole documents on, so that all may be read.
    pub(crate) whole: BTreeSet<String>,
}

/// What is read of a table.
#[derive(Default)]
struct Reads {
    fields: BTreeSet<String>,
    /// Where that doesn't show for certain.
    perhaps: BTreeSet<String>,
    is_whole: bool,
}

impl Carrier<'_> {
    /// What is never to leave main must not be read.
    pub(super) fn check_never(&self, need: &Need) -> Result<(), Reason> {
        let mirror = &self.manifest.mirror;
        for (table, reads) in self.reads(need) {
            let mut fields = reads.fields.iter();
            if let Some(field) = fields.find(|field| mirror.never_leaves(&table, field)) {
                return Err(format!(
                    "reads `{field}` of main's table `{table}`, which never leaves main: it is in `user.never_mirror` of byod.toml"
                ));
            }
        }
        Ok(())
    }

    /// What travels for all carried functions, and for what people wrote.
    pub(crate) fn travelling<'n>(
        &self,
        needs: impl IntoIterator<Item = &'n Need>,
        custom: &Sources,
    ) -> Travelling {
        let mut all: BTreeMap<String, Reads> = BTreeMap::new();
        for need in needs {
            for (table, reads) in self.reads(need) {
                let known = all.entry(table).or_default();
                known.fields.extend(reads.fields);
                known.fields.extend(reads.perhaps);
                known.is_whole |= reads.is_whole;
            }
        }
        // What a person's code does isn't followed.
        let statements = custom
            .modules
            .values()
            .flat_map(|module| &module.statements);
        let texts: BTreeSet<&String> = statements.flat_map(|s| &s.facts.texts).collect();
        for table in &self.mirrored {
            if texts.contains(table) {
                all.entry(table.clone()).or_default().is_whole = true;
            }
        }
        let mut found = Travelling::default();
        for (name, reads) in all {
            let Some(table) = self.manifest.main.schema.table(&name) else {
                continue;
            };
            let mut fields = reads.fields;
            let declared = table.document_type.document_fields().unwrap_or_default();
            if reads.is_whole {
                fields.extend(declared.iter().map(|field| (*field).to_owned()));
                found.whole.insert(name.clone());
            }
            fields.retain(|field| {
                declared.contains(field.as_str())
                    && !self.manifest.mirror.never_leaves(&name, field)
            });
            // By which each is known to be the caller's.
            if let Ok(Copies::Owned { field, .. }) = Copies::of(self.manifest, table) {
                fields.insert(field.to_owned());
            }
            found.tables.insert(name, fields);
        }
        found
    }

    /// Whether nothing of the fields that a patch of the table has is read of it.
    pub(super) fn is_unread(&self, table: &str, patch: &Given, need: &Need) -> bool {
        let reads = self.reads(need);
        match (patch, reads.get(table)) {
            (Given::Fields(fields), Some(reads)) => {
                let is_read = |name| reads.fields.contains(name) || reads.perhaps.contains(name);
                !reads.is_whole && !fields.keys().any(is_read)
            }
            (_, None) => true,
            _ => false,
        }
    }

    fn reads(&self, need: &Need) -> BTreeMap<String, Reads> {
        let mut found: BTreeMap<String, Reads> = need
            .mirror
            .iter()
            .map(|table| (table.clone(), Reads::default()))
            .collect();
        for (module, index) in &need.statements {
            let Some(module) = self.sources.modules.get(module) else {
                continue;
            };
            let facts = &module.statements[*index].facts;
            let ids = self.ids(module, *index);
            for part in &facts.touching.parts {
                let Some(field) = &part.field else {
                    for table in ids.documents_within(&part.of) {
                        if let Some(reads) = found.get_mut(&table) {
                            reads.is_whole = true;
                        }
                    }
                    continue;
                };
                match ids.documents_of(&part.of) {
                    Some(tables) => {
                        for table in tables {
                            if let Some(reads) = found.get_mut(&table) {
                                reads.fields.insert(field.clone());
                            }
                        }
                    }
                    None => {
                        for reads in found.values_mut() {
                            reads.perhaps.insert(field.clone());
                        }
                    }
                }
            }
            let lookups = facts.lookups.iter().map(|l| (&l.table, l.fields.clone()));
            let looking = need.looking.contains(&(module.name.clone(), *index));
            let lookups = lookups.filter(|_| looking);
            for (table, fields) in lookups {
                if let Some(reads) = found.get_mut(table) {
                    reads.fields.extend(fields);
                    self.add_named(table, &facts.texts, reads);
                }
            }
            // What packages are told: `getManyFrom(ctx.db, "prefs", "by_user", …)`.
            for used in facts.touching.uses.iter().filter(|used| used.is_handed) {
                for table in &used.texts {
                    if let Some(reads) = found.get_mut(table) {
                        self.add_named(table, &used.texts, reads);
                    }
                }
            }
            for operation in &facts.touching.operations {
                for table in tables_of(&ids, operation) {
                    let is_read = self.mirrored.contains(&table) && !operation.writes;
                    if let Some(reads) = found.get_mut(&table).filter(|_| is_read) {
                        let by = operation.by.iter().map(|(field, _)| field.clone());
                        reads
                            .fields
                            .extend(by.filter(|field| !field.starts_with('_')));
                        self.add_named(&table, &facts.texts, reads);
                    }
                }
            }
        }
        found
    }

    /// The fields that a statement names by texts: its indexes', and those it filters by.
    fn add_named(&self, name: &str, texts: &BTreeSet<String>, reads: &mut Reads) {
        let Some(table) = self.manifest.main.schema.table(name) else {
            return;
        };
        for index in &table.indexes {
            if texts.contains(&index.index_descriptor) {
                reads.fields.extend(index.fields.iter().cloned());
            }
        }
        let declared = table.document_type.document_fields().unwrap_or_default();
        let named = declared.iter().filter(|field| texts.contains(**field));
        reads.perhaps.extend(named.map(|field| (*field).to_owned()));
    }
}
