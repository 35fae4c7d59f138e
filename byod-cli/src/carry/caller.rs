//! Who calls: main looks the user up, a user's deployment is told the owner.
//!
//! So what a function learns of its caller must be the owner's id and nothing else;
//! that it is the owner's id shows where main puts it into a document's owner field or
//! compares it with one. And what is asked on main must do nothing but tell that: a
//! helper that checks more can't be replaced by one that doesn't.

use std::collections::BTreeSet;

use super::known::{Carrier, Reason};
use super::need::{Need, Source};
use crate::source::{Access, Caller, Facts, Module};

/// What may be replaced, the members that it answers with, and what is asked of it.
type Answerable<'f> = (Source, BTreeSet<Vec<String>>, Vec<&'f Access>);

impl Carrier<'_> {
    /// Adds what `add` finds; where that fails, and the name is asked for the
    /// owner's id alone, something that answers with it.
    pub(super) fn add_called(
        &self,
        module: &Module,
        caller: &Caller,
        facts: &Facts,
        need: &mut Need,
        add: impl Fn(&mut Need) -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        let Some((source, shape, asked)) = self.answerable(module, caller, facts) else {
            return add(need);
        };
        // A copy for each name would be as many copies as there are names.
        let mut all = need.clone();
        let Err(reason) = add(&mut all) else {
            *need = all;
            return Ok(());
        };
        let name = match caller {
            Caller::Helper(name) => name.clone(),
            Caller::Function(path) => path.to_string(),
            _ => String::new(),
        };
        self.check_telling(&source, &mut BTreeSet::new())
            .map_err(|more| format!("calls `{name}`, which {more}"))?;
        if let Some(wrong) = beyond(&shape, asked) {
            return Err(match wrong.path.join(".") {
                path if path.is_empty() => {
                    format!("passes on what `{name}` gives, which {reason}")
                }
                path => format!("needs `{path}` of what `{name}` gives, which {reason}"),
            });
        }
        need.stubs.insert(source);
        Ok(())
    }

    /// What may be replaced by something that answers with the owner's id: what it is,
    /// what that answers with, and what is asked of it.
    fn answerable<'f>(
        &self,
        module: &Module,
        caller: &Caller,
        facts: &'f Facts,
    ) -> Option<Answerable<'f>> {
        let asked: Vec<&Access> = facts
            .access
            .iter()
            .filter(|a| a.caller == *caller)
            .collect();
        // What is done with the answer must be seen wherever it is asked.
        let is_all_seen = match caller {
            Caller::Helper(name) => !facts.handed.contains(name),
            Caller::Function(path) => {
                let mut all = facts.functions.iter().filter(|f| f.path == *path);
                all.all(|function| function.is_run)
            }
            _ => true,
        };
        if asked.is_empty() || !is_all_seen {
            return None;
        }
        let source = self.source(module, caller)?;
        let shape = self.shape(&source);
        (!shape.is_empty()).then_some((source, shape, asked))
    }

    /// Lookups of the caller in a table of main: the owner stands in their place.
    pub(super) fn add_lookups(
        &self,
        module: &Module,
        index: usize,
        need: &mut Need,
    ) -> Result<(), Reason> {
        let statement = &module.statements[index];
        let facts = &statement.facts;
        for lookup in &facts.lookups {
            let table = &lookup.table;
            if !self.is_foreign(table) {
                continue;
            }
            let caller = Caller::Lookup(table.clone());
            let asked: Vec<&Access> = facts.access.iter().filter(|a| a.caller == caller).collect();
            let source = Source::Lookup(table.clone());
            let shape = self.shape(&source);
            // Handlers know the owner; helpers get a context of whatever type main says.
            let is_handler = statement.definition.is_some();
            let is_told = is_handler
                && self.callers.contains(table)
                && !shape.is_empty()
                && self.check_table(table).is_ok()
                && beyond(&shape, asked.clone()).is_none();
            if !is_told && self.mirrored.contains(table) {
                let by = facts.access.iter().find(|access| {
                    access.caller == Caller::Identity
                        && access.lookup.as_ref() == Some(table)
                        && access.path == ["email"]
                });
                if by.is_some() {
                    return Err(format!(
                        "looks for the caller in main's table `{table}` by their mail address, which users' deployments don't know"
                    ));
                }
                need.mirror.insert(table.clone());
                need.looking.insert((module.name.clone(), index));
                continue;
            }
            if !is_handler || !self.callers.contains(table) || shape.is_empty() {
                return Err(format!("uses main's table `{table}`"));
            }
            self.check_table(table)?;
            if let Some(wrong) = beyond(&shape, asked) {
                return Err(match wrong.path.join(".") {
                    path if path.is_empty() => {
                        format!("passes on the caller's document of main's table `{table}`")
                    }
                    path => format!("needs `{path}` of the caller's document in main's `{table}`"),
                });
            }
            need.stubs.insert(source);
        }
        Ok(())
    }

    pub(super) fn check_access(
        &self,
        module: &Module,
        access: &Access,
        need: &mut Need,
    ) -> Result<(), Reason> {
        // What wraps the handler adds it, and is carried over as it is.
        if self.is_added(module, access) {
            return Ok(());
        }
        // With the lookup, what it asks for goes.
        if access
            .lookup
            .as_ref()
            .is_some_and(|table| self.is_foreign(table))
        {
            return Ok(());
        }
        let is_null_test = access.is_null_test && access.path.is_empty();
        if is_null_test && access.caller == Caller::Identity {
            return Ok(());
        }
        let path = access.path.join(".");
        match access.caller {
            Caller::Identity if access.path == ["subject"] => Ok(()),
            Caller::Identity if path.is_empty() => {
                Err("passes the caller's identity on; only the subject is known".to_owned())
            }
            Caller::Identity => Err(format!(
                "needs `{path}` of the caller's identity; only the subject is known"
            )),
            Caller::Context => {
                let known = self.shape(&Source::Context);
                let is_asked =
                    access.is_null_test && known.iter().any(|p| p.starts_with(&access.path));
                if is_asked {
                    Ok(())
                } else if known.contains(&access.path) {
                    need.context.insert(access.path.clone());
                    Ok(())
                } else if let Some((table, id)) = self.copied_caller(&known, &access.path) {
                    need.mirror.insert(table);
                    need.context.insert(id);
                    Ok(())
                } else {
                    Err(format!("uses `ctx.{path}`, which main's builder adds"))
                }
            }
            Caller::Helper(_) | Caller::Function(_) | Caller::Lookup(_) => Ok(()),
        }
    }
}

impl Carrier<'_> {
    /// Whether the member of a context is one that is added to it by whom the function is
    /// given: `withUser(async (ctx) => ctx.user)`, which calls it with `{ ...ctx, user }`.
    fn is_added(&self, module: &Module, access: &Access) -> bool {
        let given_to = access.given_to.as_ref();
        let declared = given_to.and_then(|name| self.sources.declared(module, name));
        declared.is_some_and(|(there, index)| {
            let mut hands = there.statements[index].facts.hands.iter();
            let member = access.path.first();
            hands.any(|hands| hands.place == 0 && member.is_some_and(|m| hands.adds.contains(m)))
        })
    }

    /// Where a builder gives the caller's document, of which there is a copy: its table,
    /// and the member that is its id.
    fn copied_caller(
        &self,
        known: &BTreeSet<Vec<String>>,
        path: &[String],
    ) -> Option<(String, Vec<String>)> {
        let mut tables = self.callers.iter().filter(|t| self.mirrored.contains(*t));
        let table = tables.next()?;
        let id = known.iter().find(|id| {
            matches!(id.as_slice(), [member, last] if last == "_id" && path.first() == Some(member))
        });
        Some((table.clone(), id?.clone()))
    }
}

/// What is asked for beside the owner's id, and whether there is one.
fn beyond<'x>(shape: &BTreeSet<Vec<String>>, asked: Vec<&'x Access>) -> Option<&'x Access> {
    asked.into_iter().find(|access| {
        let leads_there = shape.iter().any(|path| path.starts_with(&access.path));
        !(shape.contains(&access.path) || access.is_null_test && leads_there)
    })
}
