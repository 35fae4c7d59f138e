//! What of a function reaches beyond its call: what it keeps for the next one, whom it
//! names as the caller of others, and to whom it hands its context.

use byod_schema::{Deployments, Validator};

use super::known::{Carrier, Reason};
use super::need::Need;
use crate::owners::{Owners, owner_on_main};
use crate::source::{Access, Caller, Facts, Hands, Keeper, Module, Named, Origin, Place};
use crate::touches::Ids;

impl Carrier<'_> {
    /// What a call leaves for the next one may be another user's; and where it is made of
    /// what a call was given, nobody knows whose.
    pub(super) fn check_kept(&self, need: &Need) -> Result<(), Reason> {
        let is_shared = self.manifest.ownership.deployments == Deployments::Shared;
        for place in &need.statements {
            let Some(module) = self.sources.modules.get(&place.0) else {
                continue;
            };
            let facts = &module.statements[place.1].facts;
            let given = facts.given.iter().filter(|(name, place, _)| {
                let declared = self.sources.declared(module, name);
                declared.is_some_and(|(there, index)| {
                    let facts = &there.statements[index].facts;
                    facts.changed_parameters.contains(place)
                })
            });
            let results = facts.results.iter().filter(|(name, _)| {
                let declared = self.sources.declared(module, name);
                declared.is_some_and(|(there, index)| self.gives_out(there, index))
            });
            let all = facts.kept.iter().chain(given.map(|(.., kept)| kept));
            for kept in all.chain(results.map(|(_, kept)| kept)) {
                // What a component is given, it puts into its tables.
                let is_component = |of: &String| self.is_of_component(module, of);
                if !is_shared && !kept.is_of_call || kept.of.as_ref().is_some_and(is_component) {
                    continue;
                }
                let is_kept = match kept.keeper {
                    Keeper::Module => {
                        let is_loading = self.is_used(place, need, |facts| &facts.loading)
                            && !self.is_used(place, need, |facts| &facts.later);
                        !(kept.is_direct && is_loading)
                    }
                    Keeper::Around | Keeper::Instance => {
                        self.is_used(place, need, |facts| &facts.loading)
                    }
                };
                if is_kept {
                    let what = if kept.is_of_call {
                        "what a call was given"
                    } else {
                        "something"
                    };
                    return Err(format!(
                        "keeps {what} for the next call, whosever that is: `{}` in `{}`",
                        kept.shown, module.name
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whether what the statement declares gives what outlives a call.
    fn gives_out(&self, module: &Module, index: usize) -> bool {
        let facts = &module.statements[index].facts;
        facts.gives_out
            || facts.loading.iter().any(|name| {
                let maker = self.sources.declared(module, name);
                maker.is_some_and(|(there, index)| there.statements[index].facts.gives_out_if_made)
            })
    }

    /// Whether one of the others that are carried uses what the statement declares, by
    /// one of those names.
    fn is_used(
        &self,
        place: &Place,
        need: &Need,
        names: impl Fn(&Facts) -> &std::collections::BTreeSet<String>,
    ) -> bool {
        let others = need.statements.iter().filter(|other| *other != place);
        others
            .filter_map(|(module, index)| Some((self.sources.modules.get(module)?, *index)))
            .any(|(module, index)| {
                names(&module.statements[index].facts).iter().any(|name| {
                    let declared = self.sources.declared(module, name);
                    declared.is_some_and(|(there, index)| there.name == place.0 && index == place.1)
                })
            })
    }

    /// Where a context is handed to what isn't called by its name, every function that may
    /// be called so must follow it.
    pub(super) fn check_handed(&self, need: &Need) -> Result<(), Reason> {
        let carried: Vec<(&Module, &Facts)> = need
            .statements
            .iter()
            .filter_map(|(module, index)| {
                let module = self.sources.modules.get(module)?;
                Some((module, &module.statements[*index].facts))
            })
            .collect();
        let handed = carried
            .iter()
            .flat_map(|(module, facts)| facts.hands.iter().map(move |hands| (module, hands)));
        for (
            module,
            Hands {
                place, of, shown, ..
            },
        ) in handed
        {
            if of
                .as_ref()
                .is_some_and(|of| self.is_of_component(module, of))
            {
                continue;
            }
            let refused = |to: &str| {
                Err(format!(
                    "hands its context on by `{shown}`, perhaps to `{to}`, where it can't be followed: call that parameter `ctx`"
                ))
            };
            for (module, facts) in &carried {
                let is_lost = |followed: &[bool]| followed.get(*place) == Some(&false);
                if let Some(loose) = facts.loose.iter().find(|l| is_lost(&l.followed)) {
                    return refused(&loose.shown);
                }
                for name in &facts.lent {
                    let Some((there, index)) = self.sources.declared(module, name) else {
                        continue;
                    };
                    let statement = &there.statements[index];
                    let is_carried = need.statements.contains(&(there.name.clone(), index));
                    if is_carried && is_lost(&statement.contexts) {
                        return refused(name);
                    }
                }
            }
        }
        Ok(())
    }

    /// A function that takes whose call it is gets who calls here: so nobody else may be
    /// named there.
    pub(super) fn check_named(
        &self,
        module: &Module,
        facts: &Facts,
        ids: &Ids<'_>,
        need: &Need,
    ) -> Result<(), Reason> {
        for named in &facts.named {
            let takes = named.functions.iter().find(|path| {
                let function = self.manifest.main.functions.get(path);
                let args = function.and_then(|function| function.args.as_object());
                args.is_some_and(|args| args.get(&named.name).is_some())
            });
            let Some(path) = takes else { continue };
            if !self.is_caller(module, facts, named, ids, need) {
                return Err(format!(
                    "runs `{path}` with `{}`: that this is who calls doesn't show",
                    named.shown
                ));
            }
        }
        Ok(())
    }

    /// What a function writes as the owner of a document though it is what it was given:
    /// where that is somebody else, it fails on users' deployments.
    pub(crate) fn given_away(&self, need: &Need) -> Vec<String> {
        let mut found = Vec::new();
        for (module, index) in &need.statements {
            let Some(module) = self.sources.modules.get(module) else {
                continue;
            };
            let statement = &module.statements[*index];
            for named in &statement.facts.owners {
                let Origin::Member(of, name) = &named.origin else {
                    continue;
                };
                let is_of_service = self.manifest.inject.contains_key(name);
                if is_args(of) && !is_of_service {
                    let function = statement.names.first().map_or("default", String::as_str);
                    found.push(format!(
                        "`{}:{function}` writes `{}` into a document, which says whose it is: where that isn't who calls, it fails on users' deployments (`wrong_owner`). List it in `main_only` if it always is somebody else",
                        module.name, named.shown
                    ));
                }
            }
        }
        found
    }

    fn is_caller(
        &self,
        module: &Module,
        facts: &Facts,
        named: &Named,
        ids: &Ids<'_>,
        need: &Need,
    ) -> bool {
        let is_told = |access: &Access| match &access.caller {
            Caller::Identity | Caller::Context => true,
            caller => {
                let source = self.source(module, caller);
                source.is_some_and(|source| need.stubs.contains(&source))
            }
        };
        let mut accesses = facts.access.iter();
        if accesses.any(|access| named.spans.contains(&access.span) && is_told(access)) {
            return true;
        }
        match &named.origin {
            // What the service gives it.
            Origin::Member(of, name) if is_args(of) => *name == named.name,
            origin => self.says_caller(ids, origin),
        }
    }

    /// Whether what comes from there is who calls, whatever the function was given.
    fn says_caller(&self, ids: &Ids<'_>, origin: &Origin) -> bool {
        match origin {
            // Their own document: there is a copy of no other.
            Origin::Member(of, field) if field == "_id" => self.is_copy_of_caller(ids, of),
            // The owner of a document of theirs, there or as a copy.
            Origin::Member(of, field) => {
                self.is_owner(ids, of, field) || self.is_owner_of_copy(ids, of, field)
            }
            Origin::Call(name, given) => ids
                .returned(name, given)
                .is_some_and(|(inside, returned)| self.says_caller(&inside, returned)),
            // A value, and the type that is written for it.
            Origin::Or(one, other) => self.says_caller(ids, one) || self.says_caller(ids, other),
            Origin::Each(values) => {
                !values.is_empty() && values.iter().all(|value| self.says_caller(ids, value))
            }
            _ => false,
        }
    }

    fn is_copy_of_caller(&self, ids: &Ids<'_>, document: &Origin) -> bool {
        let tables = ids.documents_of(document).unwrap_or_default();
        let is_copied = |table: &String| self.mirrored.contains(table);
        !tables.is_empty() && tables.iter().all(|t| self.tells_callers(t) && is_copied(t))
    }

    /// Whether the field says whose a copy is: no other than the caller's is there.
    fn is_owner_of_copy(&self, ids: &Ids<'_>, document: &Origin, field: &str) -> bool {
        let tables = ids.documents_of(document).unwrap_or_default();
        !tables.is_empty()
            && tables.iter().all(|name| {
                let table = self.manifest.main.schema.table(name);
                self.mirrored.contains(name)
                    && table.is_some_and(|table| {
                        owner_on_main(self.manifest, table, &self.callers) == Some(field)
                    })
            })
    }

    fn is_owner(&self, ids: &Ids<'_>, document: &Origin, field: &str) -> bool {
        let id = Origin::Member(Box::new(document.clone()), "_id".to_owned());
        let tables = ids.tables(&id).unwrap_or_default();
        !tables.is_empty()
            && tables.iter().all(|name| {
                let table = self.manifest.main.schema.table(name);
                self.manifest.user_tables.contains(name)
                    && table.is_some_and(|table| {
                        table.document_type != Validator::Any
                            && Owners::of(self.manifest, table).fields().contains(&field)
                    })
            })
    }
}

/// Whether these are the arguments of the Convex function, perhaps by a type of their own.
fn is_args(origin: &Origin) -> bool {
    match origin {
        Origin::Or(first, _) => **first == Origin::Args,
        of => *of == Origin::Args,
    }
}
