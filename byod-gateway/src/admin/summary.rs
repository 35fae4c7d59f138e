//! All users' deployments, as they are listed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use byod_fleet::{Row, Totals};
use serde::{Deserialize, Serialize};

/// How many letters of a problem are shown.
const SHOWN: usize = 500;

/// All users' rows, by their ids.
pub(super) struct Summary {
    /// How many are held.
    most: usize,
    rows: BTreeMap<String, Row>,
    /// `None` while none goes on.
    reading: Option<Reading>,
    state: State,
    /// Users whom there was no room for when all were read.
    beyond: u64,
    /// Counts what changes here.
    revision: u64,
    /// How all are, until that changes.
    fleet: Option<Arc<Fleet>>,
}

/// A reading of all records, so far.
#[derive(Default)]
struct Reading {
    seen: BTreeSet<String>,
    /// Those whom there was no room for.
    beyond: u64,
}

/// How far all records are read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub(super) enum State {
    /// For the first time.
    #[default]
    Reading,
    /// They are, and changes are followed.
    Complete,
    /// They can't be.
    Failed {
        /// Why.
        why: String,
    },
}

/// How all are.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fleet {
    #[serde(flatten)]
    totals: Totals,
    state: State,
    beyond: u64,
}

/// Which users are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// What their id has in it, in whichever case.
    q: String,
    status: Option<String>,
    /// A kind of problem, or `any`.
    problem: Option<String>,
    version: Option<u64>,
    offset: usize,
    limit: Option<usize>,
}

/// Some of those who were asked for.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    found: usize,
    offset: usize,
    users: Vec<Line>,
}

/// One user, as they are listed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    user_id: String,
    status: String,
    schema_version: u64,
    last_tested: Option<f64>,
    last_schema_deploy: Option<f64>,
    problem: Option<Wrong>,
}

#[derive(Debug, Serialize)]
struct Wrong {
    kind: &'static str,
    message: String,
}

/// How many users a page has, and at the most.
const PAGE: (usize, usize) = (100, 500);

impl Summary {
    /// Of so many users at the most.
    pub(super) fn of(most: usize) -> Self {
        Self {
            most,
            rows: BTreeMap::new(),
            reading: None,
            state: State::default(),
            beyond: 0,
            revision: 0,
            fleet: None,
        }
    }

    /// All records are read from now on.
    pub(super) fn begin(&mut self) {
        self.reading = Some(Reading::default());
    }

    /// The reading is over: who was not seen is gone.
    pub(super) fn complete(&mut self) {
        if let Some(Reading { seen, beyond }) = self.reading.take() {
            self.rows.retain(|user, _| seen.contains(user));
            self.beyond = beyond;
        }
        self.state = State::Complete;
        self.changed();
    }

    pub(super) fn fail(&mut self, why: String) {
        self.reading = None;
        self.state = State::Failed { why };
        self.changed();
    }

    pub(super) fn put(&mut self, row: Row) {
        let has_room = self.rows.len() < self.most || self.rows.contains_key(&row.user_id);
        if let Some(reading) = &mut self.reading {
            match has_room {
                true => _ = reading.seen.insert(row.user_id.clone()),
                false => reading.beyond += 1,
            }
        }
        if has_room {
            self.rows.insert(row.user_id.clone(), row);
            self.changed();
        }
    }

    pub(super) fn remove(&mut self, user: &str) {
        if self.rows.remove(user).is_some() {
            self.changed();
        }
    }

    fn changed(&mut self) {
        self.revision += 1;
        self.fleet = None;
    }

    /// Whether not all are known yet.
    pub(super) fn is_reading(&self) -> bool {
        self.state == State::Reading
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Counted once, however many look.
    pub(super) fn fleet(&mut self) -> Arc<Fleet> {
        let (rows, state, beyond) = (&self.rows, &self.state, self.beyond);
        let fleet = self.fleet.get_or_insert_with(|| {
            let mut totals = Totals::default();
            for row in rows.values() {
                totals.add(row);
            }
            let state = state.clone();
            Arc::new(Fleet {
                totals,
                state,
                beyond,
            })
        });
        Arc::clone(fleet)
    }

    /// Those whose id begins with what is asked for come first, then those that have it elsewhere.
    pub(super) fn list(&self, asked: &Asked) -> Listed {
        let wanted = asked.q.trim().to_lowercase();
        let (mut first, mut others) = (Vec::new(), Vec::new());
        for row in self.rows.values().filter(|row| asked.takes(row)) {
            match row.user_id.to_lowercase().find(&wanted) {
                Some(0) => first.push(row),
                Some(_) => others.push(row),
                None => {}
            }
        }
        let found = first.len() + others.len();
        let limit = asked.limit.unwrap_or(PAGE.0).min(PAGE.1);
        let users = first.into_iter().chain(others);
        let users = users.skip(asked.offset).take(limit);
        Listed {
            found,
            offset: asked.offset,
            users: users.map(Line::of).collect(),
        }
    }
}

impl Asked {
    fn takes(&self, row: &Row) -> bool {
        let is_status = |status: &String| status == row.status_word();
        let is_problem = |kind: &String| {
            let problem = row.problem.as_ref();
            problem.is_some_and(|problem| kind == "any" || kind == problem.kind)
        };
        let is_version = |version| row.status.is_in_use() && row.schema_version == version;
        self.status.as_ref().is_none_or(is_status)
            && self.problem.as_ref().is_none_or(is_problem)
            && self.version.is_none_or(is_version)
    }
}

impl Line {
    pub(super) fn of(row: &Row) -> Self {
        Self {
            user_id: row.user_id.clone(),
            status: row.status_word().to_owned(),
            schema_version: row.schema_version,
            last_tested: row.last_tested,
            last_schema_deploy: row.last_schema_deploy,
            problem: row.problem.as_ref().map(|problem| Wrong {
                kind: problem.kind,
                message: problem.message.chars().take(SHOWN).collect(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use byod_runtime::{ConnectionStatus, UserDatabaseConfig};

    use super::*;

    fn row(user: &str, status: ConnectionStatus, version: u64) -> Row {
        let error = "the deployment did not answer within 5s";
        let record = UserDatabaseConfig {
            id: "k1".to_owned(),
            user_id: user.to_owned(),
            credentials: byod_runtime::SealedCredentials::default(),
            connection_error: (status == ConnectionStatus::Error).then(|| error.to_owned()),
            connection_status: status,
            last_connection_test: None,
            schema_version: version as f64,
            last_schema_deploy: None,
            created_at: 0.0,
            updated_at: 0.0,
            moving: None,
        };
        Row::from(record)
    }

    fn summary() -> Summary {
        let mut summary = Summary::of(100);
        summary.begin();
        for number in 0..20 {
            let (status, version) = match number {
                0 => (ConnectionStatus::Error, 6),
                1 => (ConnectionStatus::Disconnected, 7),
                _ => (ConnectionStatus::Connected, 7),
            };
            summary.put(row(&format!("user_{number:02}"), status, version));
        }
        summary.complete();
        summary
    }

    fn ids(summary: &Summary, asked: &Asked) -> Vec<String> {
        let listed = summary.list(asked);
        listed.users.into_iter().map(|user| user.user_id).collect()
    }

    #[test]
    fn users_are_found_by_any_part_of_their_id_prefixes_first() {
        let mut summary = summary();
        summary.put(row("1_a", ConnectionStatus::Connected, 7));
        let asked = |q: &str| Asked {
            q: q.to_owned(),
            ..Asked::default()
        };
        assert_eq!(ids(&summary, &asked("R_05")), ["user_05"]);
        assert_eq!(ids(&summary, &asked("1"))[..2], ["1_a", "user_01"]);
        assert_eq!(summary.list(&asked("nobody")).found, 0);
    }

    #[test]
    fn users_are_listed_by_what_is_the_matter_a_page_at_a_time() {
        let summary = summary();
        let failing = Asked {
            problem: Some("any".to_owned()),
            ..Asked::default()
        };
        assert_eq!(ids(&summary, &failing), ["user_00"]);
        let timed_out = Asked {
            problem: Some("timed_out".to_owned()),
            status: Some("error".to_owned()),
            version: Some(6),
            ..Asked::default()
        };
        assert_eq!(ids(&summary, &timed_out), ["user_00"]);
        let page = Asked {
            version: Some(7),
            offset: 16,
            limit: Some(4),
            ..Asked::default()
        };
        assert_eq!(ids(&summary, &page), ["user_18", "user_19"]);
        assert_eq!(summary.list(&page).found, 18, "disconnected ones run none");
    }

    #[test]
    fn who_is_not_read_again_is_gone() {
        let mut summary = summary();
        summary.begin();
        summary.put(row("user_00", ConnectionStatus::Connected, 7));
        assert_eq!(
            summary.list(&Asked::default()).found,
            20,
            "until it is over"
        );
        summary.complete();
        assert_eq!(ids(&summary, &Asked::default()), ["user_00"]);
    }

    #[test]
    fn all_are_counted_once_for_everybody_who_looks_until_something_changes() {
        let mut summary = summary();
        let fleet = summary.fleet();
        assert!(Arc::ptr_eq(&fleet, &summary.fleet()));
        summary.put(row("user_00", ConnectionStatus::Connected, 7));
        assert_eq!(
            (fleet.totals.failing, summary.fleet().totals.failing),
            (1, 0)
        );
        summary.fail("main is away".to_owned());
        assert_ne!(summary.fleet().state, State::Complete);
    }

    #[test]
    fn whom_there_is_no_room_for_is_counted_once_however_often_they_change() {
        const MOST: usize = 100;
        let mut summary = Summary::of(MOST);
        let more = || (0..MOST + 2).map(|number| format!("{number:06}"));
        for _ in 0..2 {
            summary.begin();
            for user in more() {
                summary.put(row(&user, ConnectionStatus::Connected, 7));
            }
            summary.complete();
            assert_eq!((summary.rows.len(), summary.fleet().beyond), (MOST, 2));
        }
        let last = more().next_back().unwrap();
        summary.put(row(&last, ConnectionStatus::Error, 7));
        assert_eq!((summary.rows.len(), summary.fleet().beyond), (MOST, 2));
        // While all are read again, as many are known as before.
        summary.begin();
        assert_eq!(summary.fleet().beyond, 2);
    }
}
