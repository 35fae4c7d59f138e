//! What main asks who calls: whether it does nothing but tell that, so that byod's may
//! stand in its place.

use std::collections::BTreeSet;

use oxc_span::Span;

use super::known::{Carrier, Reason};
use super::need::{Need, Source};
use crate::source::{Module, Plain, Telling, Wrapper};

/// Functions of packages that do nothing but tell who calls.
const TELLERS: [(&str, &str); 1] = [("@convex-dev/auth/server", "getAuthUserId")];

impl Carrier<'_> {
    /// Whether what is asked for the caller does nothing but tell who that is.
    pub(super) fn check_telling(
        &self,
        source: &Source,
        seen: &mut BTreeSet<Source>,
    ) -> Result<(), Reason> {
        if !seen.insert(source.clone()) {
            return Ok(());
        }
        let (module, telling) = match source {
            Source::Helper(module, name) => {
                let found = self.sources.modules.get(module).and_then(|module| {
                    let statement = &module.statements[module.statement_of(name)?];
                    Some((module, statement.telling.as_ref()?))
                });
                found.ok_or_else(|| "is not written as a function `(ctx) => …`".to_owned())?
            }
            Source::Function(path) => {
                let found = self.sources.function(path).and_then(|(module, index)| {
                    Some((module, module.statements[index].definition.as_ref()?))
                });
                let (module, definition) = found.ok_or_else(|| "could not be read".to_owned())?;
                if !self.is_convex_builder(module, &definition.builder) {
                    let builder = &definition.builder;
                    self.add_builder(module, builder, &mut Need::default(), 0)?;
                }
                (module, &definition.telling)
            }
            Source::Package(package, name) => {
                let is_known = TELLERS.contains(&(package.as_str(), name.as_str()));
                return if is_known {
                    Ok(())
                } else {
                    Err(format!(
                        "is of `{package}`: it doesn't show what it does beside telling who calls"
                    ))
                };
            }
            Source::Context | Source::Lookup(_) => return Ok(()),
        };
        match telling {
            Telling::More(span) => Err(more(module, *span)),
            Telling::Plain(plain) => self.check_plain(module, plain, seen),
        }
    }

    /// Whether being in the table says that one is signed up, and nothing else.
    pub(super) fn check_table(&self, table: &str) -> Result<(), Reason> {
        if !self.callers.contains(table) {
            return Err(format!("looks for the caller in the table `{table}`"));
        }
        match self.unclear.get(table) {
            Some(fields) => {
                let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
                Err(format!(
                    "looks for the caller in the table `{table}`, where main looks by {}: that they are the same doesn't show",
                    fields.join(" and ")
                ))
            }
            None => Ok(()),
        }
    }

    fn check_plain(
        &self,
        module: &Module,
        plain: &Plain,
        seen: &mut BTreeSet<Source>,
    ) -> Result<(), Reason> {
        for table in &plain.tables {
            self.check_table(table)?;
        }
        for asked in &plain.asks {
            let source = self.source(module, asked);
            let source = source.ok_or_else(|| "can't be followed".to_owned())?;
            self.check_telling(&source, seen)?;
            if self.gives_part(&source) {
                return Err("asks another function for more than who calls".to_owned());
            }
        }
        Ok(())
    }

    /// Whether it answers with something of the caller, which may be anything.
    fn gives_part(&self, source: &Source) -> bool {
        let telling = match source {
            Source::Helper(module, name) => self.sources.modules.get(module).and_then(|module| {
                let statement = &module.statements[module.statement_of(name)?];
                statement.telling.as_ref()
            }),
            Source::Function(path) => self.sources.function(path).and_then(|(module, index)| {
                let definition = module.statements[index].definition.as_ref()?;
                Some(&definition.telling)
            }),
            Source::Context | Source::Package(..) | Source::Lookup(_) => return false,
        };
        !matches!(telling, Some(Telling::Plain(plain)) if !plain.is_part)
    }

    /// A builder of main's own, and those that it is made of: byod's stand in their
    /// place.
    pub(super) fn add_builder(
        &self,
        module: &Module,
        builder: &str,
        need: &mut Need,
        depth: usize,
    ) -> Result<(), Reason> {
        if self.is_convex_builder(module, builder) {
            return Ok(());
        }
        let found = self
            .sources
            .declared(module, builder)
            .filter(|_| depth < 16);
        let wrapper = found
            .and_then(|(module, index)| Some((module, module.statements[index].wrapper.as_ref()?)));
        let made = || format!("is made by `{builder}`");
        match wrapper {
            None => Err(format!("{}, which can't be followed", made())),
            Some((module, Wrapper::More(span))) => {
                Err(format!("{}, which {}", made(), more(module, *span)))
            }
            Some((module, Wrapper::Triggers { base, triggers })) => {
                self.add_triggers(module, triggers, need)
                    .map_err(|reason| format!("{}, which {reason}", made()))?;
                need.triggered
                    .insert((module.name.clone(), builder.to_owned()), triggers.clone());
                self.add_builder(module, base, need, depth + 1)
            }
            Some((module, Wrapper::Plain { base, plain })) => {
                self.check_plain(module, plain, &mut BTreeSet::new())
                    .map_err(|reason| format!("{}, which {reason}", made()))?;
                need.builders
                    .insert((module.name.clone(), builder.to_owned()));
                self.add_builder(module, base, need, depth + 1)
            }
        }
    }
}

fn more(module: &Module, span: Span) -> Reason {
    format!(
        "does more than tell who calls: `{}`",
        module.shown(span.start as usize..span.end as usize)
    )
}
