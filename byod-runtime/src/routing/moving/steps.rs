//! The steps of a move: each may be taken again from its beginning.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::sides::Side;
use super::state::{self, Direction, MovePhase, State};
use super::taken::Taken;
use super::wire::{Document, Pass, Plan, Written};
use crate::deployment::Client;
use crate::error::{EXPLANATION, Error, one_line};
use crate::users::UserId;

/// How many documents are asked for at once, and how many parents.
pub(super) const PAGE: usize = 400;
pub(super) const BATCH: usize = 200;

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
    pub(super) kept: u64,
    pub(super) notes: BTreeMap<String, u64>,
    /// What stays: of which table, its id, and why.
    pub(super) left: Vec<(String, String, String)>,
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
}

impl Mover {
    /// Says that it is seen to, and how far it is.
    pub(super) async fn step(&mut self) -> Result<(), Stop> {
        self.go(None).await
    }

    /// Says that it is seen to.
    pub(super) async fn held(&self) -> Result<(), Stop> {
        match state::step(&self.main, &self.user, &self.state, None).await? {
            true => Ok(()),
            false => Err(Stop::Lost),
        }
    }

    /// Goes on to the next phase.
    pub(super) async fn enter(&mut self, next: MovePhase) -> Result<(), Stop> {
        self.state.table = None;
        self.go(Some(next)).await?;
        self.state.phase = next;
        Ok(())
    }

    async fn go(&mut self, next: Option<MovePhase>) -> Result<(), Stop> {
        let report = serde_json::to_string(&self.report);
        self.state.report = report.unwrap_or_default();
        match state::step(&self.main, &self.user, &self.state, next).await? {
            true => Ok(()),
            false => Err(Stop::Lost),
        }
    }

    /// Copies all there is; what refers to what comes later waits.
    pub(super) async fn copy(&mut self) -> Result<(), Stop> {
        let listing = self.list(None).await?;
        self.state.total = listing.sums.values().map(|sum| sum.count as f64).sum();
        self.copy_listed().await
    }

    pub(super) async fn copy_listed(&mut self) -> Result<(), Stop> {
        self.taken.copies();
        for table in self.tables() {
            self.state.table = Some(table.clone());
            self.all_of(&table, "listed", Pass::First).await?;
        }
        Ok(())
    }

    pub(super) fn tables(&self) -> Vec<String> {
        self.plan.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Copies what is in the state, which it leaves by that.
    pub(super) async fn all_of(
        &mut self,
        table: &str,
        state: &str,
        pass: Pass,
    ) -> Result<(), Stop> {
        loop {
            let id = self.state.id.clone();
            let next = self.to.next(&id, table, Some(state), None, BATCH).await?;
            let ids: Vec<String> = next.rows.into_iter().map(|row| row.old).collect();
            if ids.is_empty() {
                return Ok(());
            }
            self.send(table, ids, pass).await?;
        }
    }

    /// Copies these documents, and the files that they name.
    pub(super) async fn send(
        &mut self,
        table: &str,
        ids: Vec<String>,
        pass: Pass,
    ) -> Result<Written, Stop> {
        let id = self.state.id.clone();
        let mut all = Written::default();
        let mut left = &ids[..];
        while !left.is_empty() {
            let got = self.from.documents(table, left).await?;
            let taken = self.taken.documents(&got.documents, &got.files);
            taken.map_err(Stop::Impossible)?;
            let taken = (got.taken as usize).clamp(1, left.len());
            let there: HashSet<&str> = got.documents.iter().map(|doc| doc.old.as_str()).collect();
            for old in left[..taken]
                .iter()
                .filter(|old| !there.contains(old.as_str()))
            {
                // Somebody else may have it copied by now.
                self.held().await?;
                self.to.keep(&id, old, "it is not there any more").await?;
            }
            let files: Vec<String> = got.files.iter().map(|file| file.old.clone()).collect();
            let known = match files.is_empty() {
                true => Vec::new(),
                false => self.to.files(&id, &files).await?,
            };
            for file in got.files.iter().filter(|file| !known.contains(&file.old)) {
                let fetched = self.to.fetch(&id, file, &self.from).await;
                match fetched {
                    Ok(true) => self.report.files += 1,
                    Ok(false) | Err(Error::Function { .. }) => {
                        let size = file.size;
                        self.note(&format!("a file of {size} bytes could not be fetched"));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            let written = self.write(table, got.documents, pass).await?;
            self.state.done = (self.state.done + written.done + written.kept).min(self.state.total);
            all.done += written.done;
            all.partial += written.partial;
            all.kept += written.kept;
            for note in &written.notes {
                self.note(note);
            }
            left = &left[taken..];
            self.step().await?;
        }
        Ok(all)
    }

    /// Has documents written: fewer at once, where they are too many; one that is refused
    /// stays where it is.
    async fn write(
        &self,
        table: &str,
        documents: Vec<Document>,
        pass: Pass,
    ) -> Result<Written, Stop> {
        let id = &self.state.id;
        let mut all = Written::default();
        let mut parts = vec![&documents[..]];
        while let Some(part) = parts.pop().filter(|part| !part.is_empty()) {
            match self.to.write(id, table, part, pass).await {
                Ok(written) => {
                    all.done += written.done;
                    all.partial += written.partial;
                    all.kept += written.kept;
                    all.notes.extend(written.notes);
                }
                Err(error) if is_refused(&error) => match part {
                    [one] => {
                        let reason = match &error {
                            Error::Function { message, .. } => message.to_string(),
                            other => other.to_string(),
                        };
                        self.held().await?;
                        self.to.keep(id, &one.old, &reason).await?;
                        all.kept += 1.0;
                    }
                    several => {
                        let (first, second) = several.split_at(several.len() / 2);
                        parts.extend([second, first]);
                    }
                },
                Err(error) => return Err(error.into()),
            }
        }
        Ok(all)
    }

    /// What a deployment says may be anything.
    fn note(&mut self, note: &str) {
        let note = one_line(note, EXPLANATION);
        let notes = &mut self.report.notes;
        if notes.len() < MOST_NOTES || notes.contains_key(&note) {
            *notes.entry(note).or_default() += 1;
        }
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
            let mut parts = vec![&next.rows[..]];
            while let Some(part) = parts.pop().filter(|part| !part.is_empty()) {
                match self.from.remove(table, part).await {
                    Ok(removed) if removed.changed > 0.0 => {
                        self.note(&format!("{table}: changed where it was, and left there"));
                    }
                    Ok(_) => {}
                    Err(error) if is_refused(&error) && part.len() > 1 => {
                        let (first, second) = part.split_at(part.len() / 2);
                        parts.extend([second, first]);
                    }
                    Err(error) => return Err(error.into()),
                }
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

/// Whether the function refused, or it was too much at once.
pub(super) fn is_refused(error: &Error) -> bool {
    matches!(
        error,
        Error::Function { .. } | Error::TooLarge { .. } | Error::TooManyValues { .. }
    )
}
