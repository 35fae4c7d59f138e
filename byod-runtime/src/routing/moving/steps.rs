//! The steps of a move: each may be taken again from its beginning.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::refusal::is_refused;
use super::sides::Side;
use super::state::{self, Direction, MovePhase, State};
use super::taken::Taken;
use super::wire::{File, Plan};
use crate::deployment::Client;
use crate::error::{EXPLANATION, Error, one_line};
use crate::users::UserId;

/// How many documents are asked for at once, and how many parents.
pub(super) const PAGE: usize = 400;
pub(super) const BATCH: usize = 200;

/// How often it is said how far a move is.
const SAYING: Duration = Duration::from_millis(100);

/// How many kinds of notes are kept.
pub(super) const MOST_NOTES: usize = 100;

/// Why a move stops before it is over.
pub(super) enum Stop {
    /// Somebody else sees to it, or it was called off.
    Lost,
    /// It can't be, for that reason.
    Impossible(String),
    /// Something failed: whoever takes it up again goes on.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::NotMoved { reason, .. } => Self::Impossible(reason.to_string()),
            other => Self::Failed(other),
        }
    }
}

/// What became of what was to be moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Report {
    pub(super) documents: u64,
    pub(super) files: u64,
    /// How large those are.
    pub(super) file_bytes: u64,
    pub(super) kept: u64,
    /// Whether it was over before, and what it has brought then is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) again: Option<Again>,
    /// The last listing: whoever goes on takes a greater number, so what comes late of one that had stopped is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) round: Option<u64>,
    /// Whether what was moved is being deleted where it was: some of it may be on the other side alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) deleting: bool,
    /// The tables of which no field says when documents were made.
    pub(super) undated: Vec<String>,
    /// Files that documents go without: by their ids, how large they are.
    pub(super) missed: BTreeMap<String, u64>,
    pub(super) notes: BTreeMap<String, u64>,
    /// What stays: of which table, its id, and why.
    pub(super) left: Vec<(String, String, String)>,
}

/// What a move that begins again is to know of the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Again {
    /// Whether it goes back, to the side that is to know then what of its own was moved.
    pub(super) back: bool,
    /// Whether what is gone where it comes from stays where it comes to: that side answers, or the other's was being deleted.
    pub(super) stays: bool,
    /// Whether some of what was brought before is gone where it came to: whatever comes in its place has another id, so what names
    /// it is written anew.
    pub(super) anew: bool,
    /// Whether what was moved was being deleted where it was.
    pub(super) deleting: bool,
    /// For how long what was moved was to stay where it was.
    pub(super) keep_for: Option<f64>,
    /// How many documents those were.
    pub(super) documents: u64,
}

impl Report {
    /// As main keeps it.
    pub(super) fn of_text(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a deployment says may be anything.
    pub(super) fn note(&mut self, note: &str, times: f64) {
        let note = one_line(note, EXPLANATION);
        if self.notes.len() < MOST_NOTES || self.notes.contains_key(&note) {
            let known = self.notes.entry(note).or_default();
            *known = known.saturating_add(times as u64);
        }
    }

    /// A file was asked for, and came or didn't.
    pub(super) fn fetched(&mut self, file: &File, is_here: bool) {
        let size = file.size as u64;
        if is_here {
            self.files += 1;
            self.file_bytes = self.file_bytes.saturating_add(size);
            self.missed.remove(&file.old);
        } else if self.missed.len() < MOST_NOTES {
            let id = one_line(&file.old, EXPLANATION);
            self.missed.insert(id, size);
        }
    }
}

/// One move under way.
pub(super) struct Mover {
    pub(super) main: Client,
    pub(super) user: UserId,
    pub(super) from: Side,
    pub(super) to: Side,
    pub(super) plan: Plan,
    pub(super) state: State,
    pub(super) report: Report,
    /// When writes were refused from.
    pub(super) frozen: Instant,
    pub(super) taken: Taken,
    /// When main was told last how far it is.
    pub(super) said: Instant,
}

/// A move as it was seen to last.
pub(super) struct Holding {
    main: Client,
    user: UserId,
    pub(super) state: State,
}

impl Holding {
    /// Makes sure that it still is.
    pub(super) async fn check(&self) -> Result<(), Stop> {
        match state::step(&self.main, &self.user, &self.state, None).await? {
            true => Ok(()),
            false => Err(Stop::Lost),
        }
    }
}

impl Mover {
    /// Says how far it is, unless that was said just now.
    pub(super) async fn step(&mut self) -> Result<(), Stop> {
        match self.said.elapsed() < SAYING {
            true => Ok(()),
            false => self.go(None).await,
        }
    }

    /// Makes sure that it is still this process that sees to it.
    pub(super) async fn held(&self) -> Result<(), Stop> {
        self.holding().check().await
    }

    /// The same for who does something beside it.
    pub(super) fn holding(&self) -> Holding {
        Holding {
            main: self.main.clone(),
            user: self.user.clone(),
            state: self.state.clone(),
        }
    }

    /// Goes on to the next phase.
    pub(super) async fn enter(&mut self, next: MovePhase) -> Result<(), Stop> {
        self.state.table = None;
        self.go(Some(next)).await?;
        self.state.phase = next;
        Ok(())
    }

    pub(super) async fn go(&mut self, next: Option<MovePhase>) -> Result<(), Stop> {
        self.state.report = self.report.to_text();
        match state::step(&self.main, &self.user, &self.state, next).await? {
            true => {
                self.said = Instant::now();
                Ok(())
            }
            false => Err(Stop::Lost),
        }
    }

    /// The number of the next listing, greater than any before, whatever this machine's clock says: main knows it first.
    pub(super) async fn next_round(&mut self) -> Result<u64, Stop> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since.map_or(0, |since| since.as_millis() as u64);
        let round = self
            .report
            .round
            .map_or(now, |last| now.max(last.saturating_add(1)));
        self.report.round = Some(round);
        self.go(None).await?;
        Ok(round)
    }

    pub(super) fn tables(&self) -> Vec<String> {
        self.plan.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Deletes documents of the table where they were that are on the other side; what has changed since stays.
    pub(super) async fn tidy(&mut self, table: &str) -> Result<(), Stop> {
        let id = self.state.id.clone();
        let mut cursor: Option<String> = None;
        loop {
            let next = self
                .to
                .next(&id, table, Some("done"), cursor.as_deref(), BATCH);
            let next = next.await?;
            let changed = self.from.remove(table, &next.rows).await?;
            if changed > 0.0 {
                let note = format!("{table}: changed where it was, and left there");
                self.report.note(&note, changed);
            }
            cursor = next.cursor;
            self.step().await?;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// Forgets what has become of what.
    pub(super) async fn forget(&self) -> Result<(), Stop> {
        while self.to.forget(&self.state.id).await? {}
        Ok(())
    }

    /// Whether the user's deployment is the one that it was of, and not another that was connected since.
    pub(super) async fn knows_deployment(&self) -> Result<bool, Stop> {
        if self.report.documents == 0 {
            return Ok(true);
        }
        for table in self.tables() {
            let id = &self.state.id;
            let next = self.to.next(id, &table, None, None, BATCH).await?;
            let ids: Vec<String> = next.rows.into_iter().map(|row| row.old).collect();
            let is_known = match (self.state.direction, ids.is_empty()) {
                (_, true) => false,
                // Its own rows tell of it.
                (Direction::In, false) => true,
                (Direction::Out, false) => {
                    let there = self.from.documents(&table, &ids).await?;
                    !there.documents.is_empty()
                }
            };
            if is_known {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes what was copied.
    pub(super) async fn clear(&mut self) -> Result<(), Stop> {
        let id = self.state.id.clone();
        let mut count = PAGE;
        loop {
            match self.to.clear(&id, count).await {
                Err(error) if is_refused(&error) && count > 1 => count /= 2,
                cleared => {
                    if !cleared? {
                        return Ok(());
                    }
                }
            }
            self.step().await?;
        }
    }

    /// Waits until everybody knows that writes are refused, and those under way are over.
    pub(super) async fn settled(&self, time: Duration) -> Result<(), Stop> {
        tokio::time::sleep(time.saturating_sub(self.frozen.elapsed())).await;
        self.held().await
    }
}
