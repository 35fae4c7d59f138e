//! What a function has done on main, though it runs on the user's deployment: documents
//! that it writes there, functions that it schedules, and helpers that do nothing else.
//!
//! Each becomes a row of the outbox, which main applies later. So nothing of it can be
//! looked at, and main must be able to tell of each row that it may stand there: whoever
//! owns the deployment can write any row into it.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, FunctionType, Visibility};

use super::for_main::{Given, put};
use super::known::{Carrier, Reason};
use super::need::Need;
use crate::owners::owner_on_main;
use crate::source::{Caller, Facts, Helped, Module, Place, Row, Scheduled, Writes, Written};
use crate::touches::{Asking, asking};

/// The types of values that a helper can do nothing with but store or compare them.
fn is_plain(annotation: &str) -> bool {
    let is_literal = |part: &str| {
        let quoted = part.starts_with(['"', '\'']) && part.ends_with(['"', '\'']);
        quoted || part.parse::<f64>().is_ok()
    };
    let names = [
        "string",
        "number",
        "boolean",
        "null",
        "undefined",
        "true",
        "false",
    ];
    let mut parts = annotation
        .split('|')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    !annotation.is_empty() && parts.all(|part| names.contains(&part) || is_literal(part))
}

impl Carrier<'_> {
    /// Writes into tables of main, which are named.
    pub(super) fn add_rows(&self, facts: &Facts, need: &mut Need) -> Result<(), Reason> {
        for row in &facts.rows {
            if let Some(table) = row.table.as_ref().filter(|table| self.is_foreign(table)) {
                self.add_row(table, row, facts, need)?;
            }
        }
        Ok(())
    }

    /// A write by an id of main's, if it is one at that place.
    pub(super) fn add_row_by_id(
        &self,
        table: &str,
        at: usize,
        facts: &Facts,
        need: &mut Need,
    ) -> Option<Result<(), Reason>> {
        let mut rows = facts.rows.iter();
        let row = rows.find(|row| row.table.is_none() && row.at == at)?;
        Some(self.add_row(table, row, facts, need))
    }

    fn add_row(&self, name: &str, row: &Row, facts: &Facts, need: &mut Need) -> Result<(), Reason> {
        let writes = format!("writes main's table `{name}`");
        if row.database.is_none() {
            return Err(format!(
                "{writes} by a database of its own name: write `ctx.db`"
            ));
        }
        if row.is_used && row.writes == Writes::Insert {
            return Err(format!(
                "{writes}, and needs the id of what it inserts there"
            ));
        }
        if row.is_used {
            return Err(format!("{writes}, and needs what comes of it"));
        }
        let Some(table) = self.manifest.main.schema.table(name) else {
            return Err(format!("uses main's table `{name}`"));
        };
        let owner = owner_on_main(self.manifest, table, &self.callers);
        let is_told = self.manifest.stated.outbox.contains(name) && row.writes == Writes::Insert;
        if owner.is_none() && !is_told {
            return Err(format!(
                "{writes}, of which nothing says whose its documents are: list it in `user.outbox` if any user may insert there"
            ));
        }
        if owner == Some("_id") && matches!(row.writes, Writes::Insert | Writes::Delete) {
            return Err(format!("{writes}, which says who is signed up"));
        }
        if row.writes != Writes::Delete {
            let Written::Fields(fields) = &row.value else {
                return Err(format!(
                    "{writes} with what isn't written out: write an object with its fields there, so that main can tell it from what anybody could send"
                ));
            };
            let mut held = None;
            table.document_type.visit_ids(&mut |path, of| {
                let field = path.split(['.', '[']).next().unwrap_or(path);
                if self.manifest.user_tables.contains(of) && fields.contains_key(field) {
                    held = held.take().or(Some((field.to_owned(), of.to_owned())));
                }
            });
            if let Some((field, of)) = held {
                return Err(format!(
                    "{writes}, where `{field}` is an id of the users' table `{of}`: main has no such document"
                ));
            }
        }
        let of = (name.to_owned(), row.writes);
        put(&mut need.leaves.writes, of, Given::of(&row.value, facts));
        Ok(())
    }

    /// Whether a function does nothing but on main: then it runs there, when its time
    /// comes, whoever schedules it.
    pub(super) fn is_mains_work(&self, path: &FunctionPath) -> bool {
        let touches = self.analysis.total(path);
        let tables = touches.tables();
        let is_mains = |table: &&str| self.is_foreign(table);
        touches.obscure.is_empty() && !tables.is_empty() && tables.iter().all(is_mains)
    }

    /// A function that is scheduled and stays on main, `reason` being why it can't run
    /// where the one runs that schedules it.
    pub(super) fn add_call(
        &self,
        path: &FunctionPath,
        scheduled: &Scheduled,
        facts: &Facts,
        reason: Reason,
        need: &mut Need,
    ) -> Result<(), Reason> {
        let is_routed = self.is_routed(path);
        if is_routed {
            if let Some(why) = self.analysis.function(path).obscure.iter().next() {
                return Err(format!("schedules `{path}`, which {why}"));
            }
        } else {
            let touches = self.analysis.total(path);
            let users = |table: &&str| self.manifest.user_tables.contains(*table);
            if !touches.obscure.is_empty() || touches.tables().iter().any(users) {
                return Err(reason);
            }
        }
        let function = self.manifest.main.functions.get(path);
        let Some(args) = function.and_then(|function| function.args.as_object()) else {
            return Err(format!(
                "schedules `{path}` on main, which declares no `args`"
            ));
        };
        let mut held = None;
        for (name, field) in args.iter() {
            field.field_type.visit_ids(&mut |_, of| {
                if self.is_lost(of, is_routed) {
                    held = held.take().or(Some((name.to_owned(), of.to_owned())));
                }
            });
        }
        if let Some((name, of)) = held {
            return Err(format!(
                "schedules `{path}` on main with `{name}`, an id of `{of}` on the user's deployment: main has no such document"
            ));
        }
        if !matches!(scheduled.args, Written::Fields(_)) {
            return Err(format!(
                "schedules `{path}` on main with what isn't written out: write an object with its arguments there, so that main can tell it from what anybody could send"
            ));
        }
        let args = Given::of(&scheduled.args, facts);
        put(&mut need.leaves.calls, path.clone(), args);
        if is_routed {
            need.leaves.routed.insert(path.clone());
        }
        Ok(())
    }

    /// Whether it is an action of main's that is told who it is for, and asks for what that
    /// user has where it is.
    pub(super) fn is_routed(&self, path: &FunctionPath) -> bool {
        let function = self.manifest.main.functions.get(path);
        function.is_some_and(|function| function.visibility == Visibility::Internal)
            && asking(self.sources, self.manifest, path) == Some(Asking::Routed)
    }

    /// Whether what has such an id on the user's deployment is nowhere where the id goes.
    fn is_lost(&self, table: &str, is_routed: bool) -> bool {
        match self.manifest.user_tables.contains(table) {
            // It goes back there.
            true => !is_routed,
            false => table.starts_with('_'),
        }
    }

    /// Whether the name is a helper's that only writes main's tables: then main runs it,
    /// and what it is given is noted.
    pub(super) fn add_helper(
        &self,
        module: &Module,
        name: &str,
        facts: &Facts,
        need: &mut Need,
    ) -> Result<bool, Reason> {
        let uses: Vec<&Helped> = facts.helped.iter().filter(|h| h.name == name).collect();
        if uses.is_empty() {
            return Ok(false);
        }
        let Some((there, index)) = self.sources.declared(module, name) else {
            return Ok(false);
        };
        let place = (there.name.clone(), index);
        if !self.is_mains_helper(&place) {
            return Ok(false);
        }
        let statement = &there.statements[index];
        let helper = statement.names.first().cloned().unwrap_or_default();
        if facts.lent.contains(name) {
            return Err(format!(
                "uses `{name}`, which writes on main, otherwise than by calling it"
            ));
        }
        for used in uses {
            if used.is_used {
                return Err(format!(
                    "needs what `{}` gives, which writes on main",
                    used.shown
                ));
            }
            let given = used.args.iter().flatten().zip(&statement.parameters[1..]);
            let given = given
                .map(|(value, of)| self.given(value, of, facts))
                .collect::<Option<Vec<_>>>();
            let is_whole = used
                .args
                .as_ref()
                .is_some_and(|args| args.len() < statement.parameters.len());
            let Some(given) = given.filter(|_| is_whole) else {
                return Err(format!(
                    "hands to `{}`, which writes on main, what isn't written out: write an object with its fields there, or values whose types are texts and numbers, so that main can tell it from what anybody could send",
                    used.shown
                ));
            };
            let of = (there.name.clone(), helper.clone());
            put(&mut need.leaves.helpers, of, given);
        }
        Ok(true)
    }

    fn given(&self, value: &Written, parameter: &str, facts: &Facts) -> Option<Given> {
        let is_id = |table: &String| {
            ['"', '\''].into_iter().any(|quote| {
                let name = format!("{quote}{table}{quote}");
                let of = [format!("Id<{name}>"), format!("Doc<{name}>[\"_id\"]")];
                of.iter().any(|of| of == parameter)
            })
        };
        match Given::of(value, facts) {
            Given::Caller | Given::Any if self.callers.iter().any(is_id) => Some(Given::Caller),
            // Which of the caller's names main means there doesn't show.
            Given::Caller => None,
            Given::Any => is_plain(parameter).then_some(Given::Any),
            given => Some(given),
        }
    }

    /// Whether a statement declares a function that main can run as it is, later, in a
    /// function's stead: it writes main's tables and reaches no others, never fails on
    /// purpose, and asks nobody who calls.
    fn is_mains_helper(&self, place: &Place) -> bool {
        if let Some(known) = self.helpers.borrow().get(place) {
            return *known;
        }
        let is = self.judge_helper(place);
        self.helpers.borrow_mut().insert(place.clone(), is);
        is
    }

    fn judge_helper(&self, place: &Place) -> bool {
        let Some(module) = self.sources.modules.get(&place.0) else {
            return false;
        };
        let statement = &module.statements[place.1];
        let outside = ["byod/app/", "byod/workspace/"];
        let name = statement.names.first();
        let is_function = statement.definition.is_none()
            && statement.names.len() == 1
            && statement.contexts.first() == Some(&true)
            && statement.parameters.len() == statement.contexts.len()
            && name.is_some_and(|name| module.exports_itself(name))
            && !module.use_node
            && !outside.iter().any(|folder| module.name.starts_with(folder));
        if !is_function {
            return false;
        }
        let (touches, reached) = self.analysis.of_place(place);
        let is_mains = |table: &&String| self.is_foreign(table);
        let only_mains = touches
            .reads
            .iter()
            .chain(&touches.writes)
            .all(|t| is_mains(&t));
        let stay = touches.functions.iter().all(|path| {
            let total = self.analysis.total(path);
            let is_users = |table: &&str| self.manifest.user_tables.contains(*table);
            total.obscure.is_empty() && !total.tables().iter().any(is_users)
        });
        only_mains
            && stay
            && !touches.writes.is_empty()
            && touches.obscure.is_empty()
            && touches.components.is_empty()
            && reached.iter().all(|(name, index)| {
                let module = self.sources.modules.get(name);
                module.is_some_and(|module| {
                    let facts = &module.statements[*index].facts;
                    let is_asked = facts.access.iter().any(|access| {
                        matches!(
                            access.caller,
                            Caller::Identity | Caller::Context | Caller::Lookup(_)
                        )
                    });
                    !facts.throws && !is_asked && facts.lookups.is_empty()
                })
            })
    }

    /// What is left for main is left by mutations alone, in their own transaction.
    pub(super) fn check_leaves(&self, need: &Need) -> Result<(), Reason> {
        if need.leaves.is_empty() {
            return Ok(());
        }
        let helpers = need.leaves.helpers.keys().flat_map(|(module, name)| {
            let module = self.sources.modules.get(module);
            let place = module.and_then(|m| Some((m.name.clone(), m.statement_of(name)?)));
            place.map_or_else(BTreeSet::new, |place| {
                self.analysis.of_place(&place).0.writes
            })
        });
        // What it doesn't look at, as when a token was used last, may change.
        let seen = |((table, writes), all): &(&(String, Writes), &Vec<Given>)| {
            let is_patch = *writes == Writes::Patch;
            !(is_patch && all.iter().all(|given| self.is_unread(table, given, need)))
        };
        let tables = need.leaves.writes.iter().filter(seen);
        let tables = tables.map(|((table, _), _)| table.clone());
        let mut written = tables.chain(helpers);
        if let Some(table) = written.find(|table| need.mirror.contains(table)) {
            return Err(format!(
                "reads copies of main's table `{table}`, and writes it: what it reads may be old, or what it wrote itself"
            ));
        }
        let kind = |path: &FunctionPath| {
            let function = self.manifest.main.functions.get(path)?;
            Some(function.function_type)
        };
        let mut functions = need.functions.iter();
        match functions.find(|path| kind(path) == Some(FunctionType::Action)) {
            Some(action) => Err(format!(
                "has something done on main, by `{action}`, which is an action: let a mutation do it"
            )),
            None => Ok(()),
        }
    }

    /// The table of main that a write of the statement is about, by the place of its id.
    pub(crate) fn written_by_id(&self, module: &Module, index: usize) -> BTreeMap<usize, String> {
        let ids = self.ids(module, index);
        let reached = module.statements[index].facts.reached.iter();
        reached
            .filter_map(|reached| {
                let tables = ids.tables(&reached.id)?;
                let table = tables.into_iter().next()?;
                self.is_foreign(&table).then_some((reached.at, table))
            })
            .collect()
    }
}
