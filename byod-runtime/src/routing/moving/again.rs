//! What a move that begins again is to know of the one before.

use serde::Serialize;

use super::sides::Side;
use super::state::{Direction, Over};
use super::steps::{Again, BATCH, Mover, PAGE, Report, Stop};
use super::wire::{Brought, Pair};
use crate::error::{Endpoint, Error, is_without};

const BROUGHT: &str = "byod/moving:brought";

/// Under which name the side that documents come to knows what was there before, as long as it may be called off.
fn former_of(id: &str) -> String {
    format!("{id} former")
}

impl Again {
    /// What is over again, where the one that goes this way is called off.
    pub(super) fn over(self, direction: Direction, round: Option<u64>) -> Over {
        let report = Report {
            documents: self.documents,
            deleting: self.deleting,
            round,
            ..Report::default()
        };
        Over {
            direction: if self.back {
                direction.back()
            } else {
                direction
            },
            keep_for: self.keep_for,
            report: report.to_text(),
        }
    }
}

impl Mover {
    /// Makes sure that both sides know of moves that begin again.
    pub(super) async fn know_again(&self) -> Result<(), Stop> {
        match self.from.knows_again().await? && self.to.knows_again().await? {
            true => Ok(()),
            false => Err(Stop::Impossible(
                "what was moved before is known, which one side's functions don't ask for: export again, and deploy main and the \
                 user's deployment"
                    .to_owned(),
            )),
        }
    }

    /// Has known of the move before what this one needs: the side that it goes back to, what of its own each document was that is on
    /// the other; and this one, whether any of what was brought is gone since.
    pub(super) async fn know_former(&mut self) -> Result<(), Stop> {
        let Some(again) = self.report.again else {
            return Ok(());
        };
        let gone = match again.back {
            true => self.adopt().await?,
            false => self.gone().await?,
        };
        self.report.again = Some(Again {
            anew: gone > 0.0,
            ..again
        });
        Ok(())
    }

    async fn adopt(&mut self) -> Result<f64, Stop> {
        let id = self.state.id.clone();
        let mut gone = 0.0;
        for table in self.tables() {
            let mut cursor: Option<String> = None;
            loop {
                let next = self.from.brought(&id, &table, cursor.as_deref(), BATCH);
                let next = next.await?;
                self.taken.pairs(&next.rows).map_err(Stop::Impossible)?;
                gone += self.to.adopt(&id, &table, &next.rows).await?;
                self.step().await?;
                cursor = next.cursor;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(gone)
    }

    async fn gone(&mut self) -> Result<f64, Stop> {
        let id = self.state.id.clone();
        let mut gone = 0.0;
        for table in self.tables() {
            let (mut cursor, mut count): (Option<String>, _) = (None, PAGE);
            loop {
                let part = self.to.verified(&id, &table, cursor.as_deref(), &mut count);
                let part = part.await?;
                gone += part.gone;
                self.step().await?;
                cursor = part.cursor;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(gone)
    }

    /// What documents have become they stay: what they were before is forgotten.
    pub(super) async fn keep_all(&self) -> Result<(), Stop> {
        while self.to.forget(&former_of(&self.state.id)).await? {}
        Ok(())
    }

    /// Once it is over, the side that it came from needn't know of the one before any more: rows of both would be taken for
    /// one move's.
    pub(super) async fn forget_former(&mut self) -> Result<(), Stop> {
        let Some(again) = self.report.again.take() else {
            return Ok(());
        };
        if again.back {
            while self.from.forget(&self.state.id).await? {}
        }
        self.keep_all().await?;
        self.go(None).await
    }
}

impl Side {
    /// What has become of what, of a move that is over and goes back.
    pub(super) async fn brought(
        &self,
        id: &str,
        table: &str,
        cursor: Option<&str>,
        count: usize,
    ) -> Result<Brought, Error> {
        #[derive(Serialize)]
        struct Args<'a> {
            #[serde(rename = "move")]
            id: &'a str,
            table: &'a str,
            cursor: Option<&'a str>,
            count: usize,
        }
        let args = |count: usize| Args {
            id,
            table,
            cursor,
            count,
        };
        let brought = self.ask_some(Endpoint::Query, BROUGHT, count, args);
        Ok(brought.await?.1)
    }

    /// Whether it knows of moves that begin again: it was exported since it does.
    pub(super) async fn knows_again(&self) -> Result<bool, Error> {
        match self.brought("", "", None, 1).await {
            Ok(_) => Ok(true),
            Err(Error::Function { message, .. }) if is_without(&message, BROUGHT) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Has documents known that were there before they moved. How many aren't there any more.
    pub(super) async fn adopt(&self, id: &str, table: &str, rows: &[Pair]) -> Result<f64, Error> {
        #[derive(Serialize)]
        struct Args<'a> {
            #[serde(rename = "move")]
            id: &'a str,
            table: &'a str,
            rows: &'a [Pair],
        }
        let (mut left, mut gone) = (rows, 0.0);
        while !left.is_empty() {
            let args = |count: usize| Args {
                id,
                table,
                rows: &left[..count],
            };
            let name = "byod/moving:adopt";
            // Sides that were exported before it was told say nothing.
            let (count, some): (_, Option<f64>) = self
                .ask_parts(Endpoint::Mutation, name, left.len(), args)
                .await?;
            gone += some.unwrap_or_default();
            left = &left[count..];
        }
        Ok(gone)
    }
}
