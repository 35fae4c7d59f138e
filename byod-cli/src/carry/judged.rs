//! Judges main's functions, each with as little as it needs: without copies of main's
//! tables where it can do without them.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, Manifest};

use super::known::{Carrier, Reason};
use super::need::{Need, Source};
use crate::source::Sources;

/// All that is known of main's functions, and what each of those needs that were asked for.
pub(crate) struct Carriers<'a> {
    plain: Carrier<'a>,
    /// Where anything is mirrored.
    with_copies: Option<Carrier<'a>>,
}

impl<'a> Carriers<'a> {
    pub(crate) fn new(sources: &'a Sources, manifest: &'a Manifest) -> Self {
        let has_copies = !manifest.mirror.is_default();
        Self {
            plain: Carrier::new(sources, manifest),
            with_copies: has_copies.then(|| Carrier::with_copies(sources, manifest)),
        }
    }

    /// What knows all that carried functions may use.
    pub(crate) fn widest(&self) -> &Carrier<'a> {
        self.with_copies.as_ref().unwrap_or(&self.plain)
    }

    /// What the functions need, or why they can't be carried over.
    ///
    /// Who tells who calls is on users' deployments either as main has it, with copies, or
    /// as something that answers with the owner: where one function needs the former, all
    /// that ask it get that.
    pub(crate) fn judge<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p FunctionPath>,
    ) -> BTreeMap<FunctionPath, Result<Need, Reason>> {
        let judged = paths.into_iter().map(|path| {
            let plain = self.plain.function(path);
            match (&self.with_copies, plain) {
                (Some(wider), Err(reason)) => {
                    (path.clone(), self::with_copies(wider, path, reason))
                }
                (_, judged) => (path.clone(), judged),
            }
        });
        let mut judged: BTreeMap<FunctionPath, Result<Need, Reason>> = judged.collect();
        let Some(wider) = &self.with_copies else {
            return judged;
        };
        loop {
            let carried: BTreeSet<Source> = self.carried(judged.values().flatten());
            let in_the_way: Vec<FunctionPath> = judged
                .iter()
                .filter(|(_, need)| {
                    let need = need.as_ref().ok();
                    need.is_some_and(|need| !need.stubs.is_disjoint(&carried))
                })
                .map(|(path, _)| path.clone())
                .collect();
            let mut has_changed = false;
            for path in in_the_way {
                let again = wider.function(&path).and_then(|need| {
                    wider.check_never(&need)?;
                    Ok(need)
                });
                let is_same = match (&again, judged.get(&path)) {
                    (Ok(again), Some(Ok(before))) => again.stubs == before.stubs,
                    _ => false,
                };
                has_changed |= !is_same;
                judged.insert(path, again);
            }
            if !has_changed {
                return judged;
            }
        }
    }

    /// What tells who calls and is there as main has it.
    fn carried<'n>(&self, needs: impl Iterator<Item = &'n Need>) -> BTreeSet<Source> {
        let mut found = BTreeSet::new();
        for need in needs {
            for (module, index) in &need.statements {
                let Some(module) = self.plain.sources.modules.get(module) else {
                    continue;
                };
                let names = module.statements[*index].names.iter();
                found.extend(names.map(|name| Source::Helper(module.name.clone(), name.clone())));
            }
            found.extend(need.functions.iter().cloned().map(Source::Function));
        }
        found
    }
}

/// With copies, where that is enough; else the reason that is the nearest to what is in
/// the way.
fn with_copies(wider: &Carrier<'_>, path: &FunctionPath, reason: Reason) -> Result<Need, Reason> {
    let need = wider.function(path)?;
    if need.mirror.is_empty() {
        return Err(reason);
    }
    wider.check_everybodys(&need)?;
    wider.check_never(&need)?;
    Ok(need)
}
