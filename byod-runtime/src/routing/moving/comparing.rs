//! Whether what has come is what there was.

use std::time::{SystemTime, UNIX_EPOCH};

use super::steps::{MOST_NOTES, Mover, PAGE, Stop, is_refused};
use super::sums::Sum;
use crate::error::{EXPLANATION, one_line};

/// How often what differs is copied again.
const ROUNDS: u32 = 8;

impl Mover {
    /// Compares both sides, and copies again what differs, until nothing does.
    pub(super) async fn verify(&mut self) -> Result<(), Stop> {
        for round in 0..ROUNDS {
            // What is gone on the one side is told by what the other was told of last.
            let number = (round > 0).then(now);
            let listing = self.list(number).await?;
            if let Some(number) = number {
                for table in self.tables() {
                    self.to.prune(&self.state.id, &table, number).await?;
                }
            }
            if listing.news > 0.0 {
                self.copy_listed().await?;
                self.references().await?;
            }
            let (mut done, mut kept, mut is_same) = (0.0, 0.0, listing.news == 0.0);
            for table in self.tables() {
                self.state.table = Some(table.clone());
                self.step().await?;
                let mut sum = Sum::default();
                let (mut cursor, mut count): (Option<String>, _) = (None, PAGE);
                loop {
                    let id = self.state.id.clone();
                    let part = self.to.verify(&id, &table, cursor.as_deref(), count);
                    let part = match part.await {
                        Err(error) if is_refused(&error) && count > 1 => {
                            count /= 2;
                            continue;
                        }
                        part => part?,
                    };
                    for hash in &part.hashes {
                        sum.add(hash);
                    }
                    done += part.done;
                    kept += part.kept;
                    if !part.wrong.is_empty() {
                        is_same = false;
                        self.held().await?;
                        self.to.again(&id, &part.wrong).await?;
                    }
                    cursor = part.cursor;
                    if cursor.is_none() {
                        break;
                    }
                }
                is_same &= listing.sums.get(&table) == Some(&sum);
            }
            (self.report.documents, self.report.kept) = (done as u64, kept as u64);
            if is_same {
                return self.list_kept().await;
            }
            // The last one would not be compared.
            if round + 1 < ROUNDS {
                self.copy_listed().await?;
                self.references().await?;
            }
        }
        Err(Stop::Impossible(
            "what is moved goes on changing, by something that doesn't ask the service".to_owned(),
        ))
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

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
