//! What one client has on its user's own deployment.

use byod_runtime::Session;
use byod_runtime::relay::{OwnLive, OwnQuery, OwnResults};
use byod_sync::QueryId;
use byod_sync::server::Updated;

use super::held::Queries;
use super::requests::told;
use super::shared::Shared;
use super::side::{Side, only};

/// What one client has on its user's own deployment.
#[derive(Debug, Default)]
pub(super) struct OwnSide {
    /// `None` while nothing is watched there.
    live: Option<OwnLive>,
    wanted: u64,
    latest: OwnResults,
    /// Whether other queries are to be watched.
    pub(super) outdated: bool,
    /// Whether the latest results are to be taken once more.
    pub(super) again: bool,
}

/// What came of taking what is new.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Every query has a result.
    All,
    /// Some have none yet.
    NotYet,
    /// The user's calls go elsewhere.
    Moved,
}

impl OwnSide {
    pub(super) fn watch(&mut self, session: &Session, queries: &Queries, shared: &Shared) {
        if !std::mem::take(&mut self.outdated) {
            return;
        }
        let watched = queries.on_own().filter_map(|(query, journal)| {
            Some(OwnQuery {
                key: query.id.0,
                path: query.path.as_str().into(),
                args: only(&query.args).ok()?,
                journal: journal.cloned(),
            })
        });
        let watched: Vec<OwnQuery> = watched.collect();
        if watched.is_empty() {
            *self = Self::default();
            shared.watches_own(None);
            return;
        }
        let live = self.live.get_or_insert_with(|| OwnLive::new(session));
        self.wanted = live.set(watched);
        shared.watches_own(Some(live.moments()));
    }

    /// Takes what is new; `main` is main's host.
    pub(super) fn take(&mut self, queries: &mut Queries, main: &str) -> Taken {
        let Some(live) = &mut self.live else {
            return match self.outdated {
                true => Taken::NotYet,
                false => Taken::All,
            };
        };
        let latest = live.latest();
        let has_moved = matches!(latest, Some(OwnResults::Moved));
        let is_new = latest.is_some() || std::mem::take(&mut self.again);
        if let Some(latest) = latest {
            self.latest = latest;
        }
        match &self.latest {
            OwnResults::Nothing => Taken::NotYet,
            // What is found then counts, until there are results or the route changes.
            OwnResults::Moved if has_moved => Taken::Moved,
            OwnResults::Moved => Taken::NotYet,
            OwnResults::Failed(error) => {
                if is_new {
                    queries.own_failed(&told(error, main));
                }
                Taken::All
            }
            OwnResults::Of {
                set,
                deployment,
                results,
            } => {
                if is_new {
                    let side = Side::of(deployment);
                    for own in results.iter() {
                        let updated = Updated {
                            id: QueryId(own.key),
                            result: own.result.clone().map_err(|error| told(&error, main)),
                            log_lines: Vec::new(),
                            journal: own.journal.clone(),
                        };
                        queries.result(side, updated);
                    }
                }
                match *set == self.wanted && !self.outdated {
                    true => Taken::All,
                    false => Taken::NotYet,
                }
            }
        }
    }

    /// Waits until there is something new.
    pub(super) async fn changed(&mut self) {
        match &mut self.live {
            Some(live) => live.changed().await,
            None => std::future::pending().await,
        }
    }
}
