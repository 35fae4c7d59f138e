//! What one client has on main.

use byod_runtime::relay::{MainLine, MainWatch};
use byod_runtime::{Byod, Error, Token};
use byod_sync::server::Updated;
use byod_sync::{QueryId, SessionId};

use super::held::Queries;
use super::side::Side;

/// What one client has on main.
#[derive(Debug)]
pub(super) struct MainSide {
    pub(super) line: MainLine,
    watch: MainWatch,
    /// What is watched, in the order of the results.
    watched: Vec<QueryId>,
    /// Whether other queries are to be watched.
    pub(super) outdated: bool,
}

impl MainSide {
    pub(super) fn open(byod: &Byod, token: Option<&Token>, session: SessionId) -> Self {
        let line = MainLine::open(byod, token, session);
        Self {
            watch: line.watch(Vec::new()),
            line,
            watched: Vec::new(),
            outdated: true,
        }
    }

    /// Waits until main has said that the client is who it says it is.
    pub(super) async fn confirmed(&mut self) -> Result<(), Error> {
        self.watch.confirmed().await
    }

    pub(super) fn watch(&mut self, queries: &Queries) {
        if std::mem::take(&mut self.outdated) {
            let (watched, subscriptions) = queries.on_main();
            self.watch.set(subscriptions);
            self.watched = watched;
        }
    }

    /// Takes what is new. Says whether it is all that there is: whether every query has a result of main's present moment.
    pub(super) fn take(&mut self, queries: &mut Queries) -> Result<bool, Error> {
        // Asked before: what comes in between is more than was asked for.
        let is_current = !self.outdated && self.watch.is_current();
        let results = self.watch.take()?;
        for (id, main) in self.watched.iter().zip(results.unwrap_or_default()) {
            let updated = Updated {
                id: *id,
                result: main.result,
                log_lines: main.log_lines,
                journal: main.journal,
            };
            queries.result(Side::Main, updated);
        }
        Ok(is_current)
    }

    /// Waits until main has said anything.
    pub(super) async fn changed(&mut self) {
        self.watch.changed().await;
    }
}
