//! Whether what has come is what there was.

use std::collections::BTreeMap;

use super::listing::Telling;
use super::refusal::is_refused;
use super::sides::Side;
use super::steps::{Holding, MOST_NOTES, Mover, PAGE, Stop};
use super::sums::Sum;
use super::wire::{Often, Verified};
use crate::error::{EXPLANATION, Error, one_line};

/// What rows of files say in the place of a table.
const FILES: &str = "_storage";

/// How often what differs is copied again.
const ROUNDS: u32 = 8;

/// What has come.
#[derive(Default)]
struct Come {
    sums: BTreeMap<String, Sum>,
    done: f64,
    kept: f64,
    /// How many aren't as they were written.
    wrong: usize,
    notes: Vec<Often>,
}

impl Mover {
    /// Compares both sides, and copies again what differs, until nothing does.
    pub(super) async fn verify(&mut self) -> Result<(), Stop> {
        for _ in 0..ROUNDS {
            let (holding, to, tables) = (self.holding(), self.to.clone(), self.tables());
            let round = self.report.round;
            // Each side is looked through beside the other.
            let (listing, come) = tokio::join!(
                self.list(Telling::Nothing),
                come(&holding, &to, &tables, round),
            );
            let (listing, come) = (listing?, come?);
            (self.report.documents, self.report.kept) = (come.done as u64, come.kept as u64);
            if come.wrong == 0 && listing.sums == come.sums {
                return self.tell(come).await;
            }
            // What is gone on the one side is told by what the other was told of last.
            let round = self.next_round().await?;
            self.list(Telling::Again(round)).await?;
            // Those first that are found by others.
            for table in self.tables().into_iter().rev() {
                self.prune(&table, round).await?;
                self.again_without(&table).await?;
            }
            self.copy_listed().await?;
            self.references().await?;
        }
        Err(Stop::Impossible(
            "what is moved goes on changing, by something that doesn't ask the service".to_owned(),
        ))
    }

    /// Removes what has come of documents that the round didn't list.
    async fn prune(&self, table: &str, round: u64) -> Result<(), Stop> {
        // Sides that were exported before know no number: it is said where there are too many.
        let (mut cursor, mut count) = (None, None);
        loop {
            // Somebody else may have listed by now what this one doesn't know of.
            self.held().await?;
            let (to, id) = (&self.to, &self.state.id);
            let stays = self.report.again.is_some_and(|again| again.stays);
            let pruned = to.prune(id, table, round, cursor.as_deref(), count, stays);
            match pruned.await {
                Err(error) if is_refused(&error) && count != Some(1) => {
                    count = Some(count.map_or(PAGE / 2, |count: usize| count / 2).max(1));
                }
                Ok(None) => return Ok(()),
                next => cursor = next?,
            }
        }
    }

    /// Has documents taken again that came without something, or not at all: what they refer to may have come since.
    async fn again_without(&self, table: &str) -> Result<(), Stop> {
        let (to, id) = (&self.to, &self.state.id);
        let mut cursor: Option<String> = None;
        loop {
            let next = to.next(id, table, None, cursor.as_deref(), PAGE).await?;
            let noted = next.rows.into_iter().filter(|row| row.note.is_some());
            let noted: Vec<String> = noted.map(|row| row.old).collect();
            if !noted.is_empty() {
                self.held().await?;
                to.again(id, &noted, self.report.round).await?;
            }
            cursor = next.cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// What is to be known of what has come, whoever has copied it.
    async fn tell(&mut self, come: Come) -> Result<(), Stop> {
        self.report.notes.clear();
        for Often { note, times } in come.notes {
            self.report.note(&note, times);
        }
        let there = |name: &String| come.sums.get(name).is_some_and(|sum| sum.count > 0);
        let undated = self.plan.iter();
        let undated = undated.filter(|(name, table)| table.created.is_none() && there(name));
        self.report.undated = undated.map(|(name, _)| name.clone()).collect();
        self.count_files().await?;
        self.list_kept().await
    }

    /// How many have come is known by their rows: whoever fetched one may not have come to say so.
    async fn count_files(&mut self) -> Result<(), Stop> {
        let (mut files, mut cursor) = (0, None::<String>);
        loop {
            let (to, id) = (&self.to, &self.state.id);
            let next = to.next(id, FILES, None, cursor.as_deref(), PAGE).await?;
            files += next.rows.len() as u64;
            cursor = next.cursor;
            if cursor.is_none() {
                self.report.files = files;
                return Ok(());
            }
        }
    }

    /// What stays where it is, as much as is told.
    async fn list_kept(&mut self) -> Result<(), Stop> {
        self.report.left.clear();
        for table in self.tables() {
            let count = MOST_NOTES - self.report.left.len();
            if count == 0 || self.report.kept == 0 {
                break;
            }
            let id = &self.state.id;
            let kept = self.to.next(id, &table, Some("kept"), None, count).await?;
            for row in kept.rows {
                let reason = one_line(&row.note.unwrap_or_default(), EXPLANATION);
                let id = one_line(&row.old, EXPLANATION);
                self.report.left.push((table.clone(), id, reason));
            }
        }
        Ok(())
    }
}

impl Side {
    /// What there is of one table; fewer documents at once where they are too many.
    pub(super) async fn verified(
        &self,
        id: &str,
        table: &str,
        cursor: Option<&str>,
        count: &mut usize,
    ) -> Result<Verified, Error> {
        loop {
            match self.verify(id, table, cursor, *count).await {
                Err(error) if is_refused(&error) && *count > 1 => *count /= 2,
                verified => return verified,
            }
        }
    }
}

/// Looks through what has come; what isn't as it was written is to be taken again.
async fn come(
    holding: &Holding,
    to: &Side,
    tables: &[String],
    round: Option<u64>,
) -> Result<Come, Stop> {
    let id = &holding.state.id;
    let mut come = Come::default();
    for table in tables {
        let mut sum = Sum::default();
        let (mut cursor, mut count): (Option<String>, _) = (None, PAGE);
        loop {
            let part = to.verified(id, table, cursor.as_deref(), &mut count);
            let part = part.await?;
            for hash in &part.hashes {
                sum.add(hash);
            }
            come.done += part.done;
            come.kept += part.kept;
            come.wrong += part.wrong.len();
            for Often { note, times } in part.notes {
                let note = one_line(&format!("{table}: {note}"), EXPLANATION);
                let has_room = come.notes.len() < MOST_NOTES;
                match come.notes.iter_mut().find(|known| known.note == note) {
                    Some(known) => known.times += times,
                    None if has_room => come.notes.push(Often { note, times }),
                    None => {}
                }
            }
            if !part.wrong.is_empty() {
                holding.check().await?;
                to.again(id, &part.wrong, round).await?;
            }
            cursor = part.cursor;
            if cursor.is_none() {
                break;
            }
        }
        come.sums.insert(table.clone(), sum);
    }
    Ok(come)
}
