//! Documents that come over, in batches: while one is written, the next is read.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::listing::Telling;
use super::refusal::{is_refused, reason_of};
use super::sides::Side;
use super::steps::{BATCH, Mover, Stop};
use super::wire::{Document, File, Pass, Written};
use crate::error::{EXPLANATION, Error, one_line};

/// How often a file is asked for.
const FETCHES: u32 = 4;

/// Larger ones may not fit into an action's memory, of 64 MiB, which holds them more than once.
const LARGEST_FILE: f64 = 16_777_216.0;

/// Documents that were read where they are, and the files that they name.
struct Batch {
    documents: Vec<Document>,
    files: Vec<File>,
    /// Those that were asked for and don't come, and why.
    staying: Vec<(String, String)>,
}

impl Mover {
    /// Copies all there is; what refers to what comes later waits.
    pub(super) async fn copy(&mut self) -> Result<(), Stop> {
        let round = self.next_round().await?;
        let listing = self.list(Telling::First(round)).await?;
        // From now on the other side's rows say what is still to be written.
        if let Some(again) = self.report.again.as_mut().filter(|again| again.anew) {
            again.anew = false;
            self.go(None).await?;
        }
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

    /// Copies what is in the state, which it leaves by that.
    pub(super) async fn all_of(
        &mut self,
        table: &str,
        state: &str,
        pass: Pass,
    ) -> Result<(), Stop> {
        loop {
            let (reads, mut batches) = mpsc::channel(1);
            let (from, to) = (self.from.clone(), self.to.clone());
            let id = self.state.id.clone();
            let read = async {
                if let Err(error) = read_all(&from, &to, &id, table, state, &reads).await {
                    // Who doesn't listen any more has failed itself.
                    let _ = reads.send(Err(error)).await;
                }
                drop(reads);
                pending::<Infallible>().await
            };
            let mut count = 0;
            let write = async {
                while let Some(batch) = batches.recv().await {
                    self.put(table, batch?, pass).await?;
                    count += 1;
                }
                Ok::<_, Stop>(())
            };
            tokio::select! {
                written = write => written?,
                never = read => match never {},
            }
            // What came to the state meanwhile may be before where the reading was.
            if count == 0 {
                return Ok(());
            }
        }
    }

    /// Copies these documents.
    pub(super) async fn send(
        &mut self,
        table: &str,
        ids: Vec<String>,
        pass: Pass,
    ) -> Result<Written, Stop> {
        let mut all = Written::default();
        let mut left = &ids[..];
        while !left.is_empty() {
            let (batch, taken) = read(&self.from, table, left).await?;
            all.add(self.put(table, batch, pass).await?);
            left = &left[taken..];
        }
        Ok(all)
    }

    /// Has documents written, and the files fetched that they name.
    async fn put(&mut self, table: &str, batch: Batch, pass: Pass) -> Result<Written, Stop> {
        let id = self.state.id.clone();
        let taken = self.taken.documents(&batch.documents);
        taken.map_err(Stop::Impossible)?;
        for (old, reason) in &batch.staying {
            // Somebody else may have it copied by now.
            self.held().await?;
            self.to.keep(&id, old, reason).await?;
        }
        let files: Vec<String> = batch.files.iter().map(|file| file.old.clone()).collect();
        let known: HashSet<String> = match files.is_empty() {
            true => HashSet::new(),
            false => self.to.files(&id, &files).await?.into_iter().collect(),
        };
        for file in batch.files.iter().filter(|file| !known.contains(&file.old)) {
            self.taken.file(file.size).map_err(Stop::Impossible)?;
            let is_here = self.fetched(file).await?;
            self.report.fetched(file, is_here);
        }
        let written = self.write(table, batch.documents, pass).await?;
        self.state.done = (self.state.done + written.done + written.kept).min(self.state.total);
        self.step().await?;
        Ok(written)
    }

    /// Has a file fetched; `false` where it isn't what it was, or larger than what fetches it may be. What can't be had for now
    /// isn't left behind for that.
    async fn fetched(&self, file: &File) -> Result<bool, Stop> {
        let mut pause = Duration::from_millis(500);
        for _ in 1..FETCHES {
            match self.to.fetch(&self.state.id, file, &self.from).await {
                Err(Error::Function { .. }) => sleep(pause).await,
                fetched => return Ok(fetched?),
            }
            pause *= 2;
        }
        match self.to.fetch(&self.state.id, file, &self.from).await {
            Err(Error::Function { .. }) if file.size > LARGEST_FILE => Ok(false),
            Err(Error::Function { message, .. }) => Err(Stop::Impossible(format!(
                "a file of {} bytes can't be fetched from where it is: {}",
                file.size,
                one_line(&message, EXPLANATION)
            ))),
            fetched => Ok(fetched?),
        }
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
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            match self.to.write(id, table, part, pass).await {
                Ok((count, written)) => {
                    parts.push(&part[count..]);
                    all.add(written);
                }
                Err(error) if is_refused(&error) => match part {
                    [one] => {
                        self.held().await?;
                        self.to.keep(id, &one.old, &reason_of(&error)).await?;
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
}

/// Reads what is in the state on the one side and there on the other, a batch at a time, for who takes it.
async fn read_all(
    from: &Side,
    to: &Side,
    id: &str,
    table: &str,
    state: &str,
    reads: &mpsc::Sender<Result<Batch, Error>>,
) -> Result<(), Error> {
    let mut cursor: Option<String> = None;
    loop {
        let next = to.next(id, table, Some(state), cursor.as_deref(), BATCH);
        let next = next.await?;
        let ids: Vec<String> = next.rows.into_iter().map(|row| row.old).collect();
        let mut left = &ids[..];
        while !left.is_empty() {
            let (batch, taken) = read(from, table, left).await?;
            if reads.send(Ok(batch)).await.is_err() {
                return Ok(());
            }
            left = &left[taken..];
        }
        cursor = next.cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

/// Reads as many of these documents as fit, from the first; says how many. Fewer are asked for where they are too many, and
/// one that is refused stays where it is.
async fn read(from: &Side, table: &str, ids: &[String]) -> Result<(Batch, usize), Error> {
    let mut ids = ids;
    let got = loop {
        match (from.documents(table, ids).await, ids) {
            (Err(error), [old]) if is_refused(&error) => {
                let batch = Batch {
                    documents: Vec::new(),
                    files: Vec::new(),
                    staying: vec![(old.clone(), reason_of(&error))],
                };
                return Ok((batch, 1));
            }
            (Err(error), several) if is_refused(&error) => ids = &several[..several.len() / 2],
            (got, _) => break got?,
        }
    };
    let taken = (got.taken as usize).clamp(1, ids.len());
    let there: HashSet<&str> = got.documents.iter().map(|doc| doc.old.as_str()).collect();
    let gone = ids[..taken]
        .iter()
        .filter(|old| !there.contains(old.as_str()));
    let gone = gone.map(|old| (old.clone(), "it is not there any more".to_owned()));
    let batch = Batch {
        staying: gone.collect(),
        documents: got.documents,
        files: got.files,
    };
    Ok((batch, taken))
}
