//! Which documents there are, told to the side that takes them.

use super::refusal::is_refused;
use super::sides::Side;
use super::steps::{BATCH, Mover, PAGE, Stop};
use super::sums::{Listing, Sum};
use super::wire::{Children, Found, Page, Row};
use crate::error::Error;

/// Fewer documents of one parent aren't tried beside others'.
const FEW: usize = 8;

/// What the receiving side is told of what there is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Telling {
    /// All of it, in that round, before anything is copied.
    First(u64),
    /// The same, by which is known what is gone.
    Again(u64),
    /// Nothing: it was told before.
    Nothing,
}

impl Mover {
    /// Sums up what there is, and tells the receiving side.
    pub(super) async fn list(&mut self, telling: Telling) -> Result<Listing, Stop> {
        let mut listing = Listing::default();
        self.taken.lists();
        for place in 0..self.plan.len() {
            let (table, of) = &self.plan[place];
            let table = table.clone();
            let parents = match &of.found {
                Found::Parent { parents } => parents.clone(),
                Found::All | Found::Owner {} => Vec::new(),
            };
            listing.sums.insert(table.clone(), Sum::default());
            self.state.table = Some(table.clone());
            if parents.is_empty() {
                self.list_pages(&table, None, telling, &mut listing).await?;
            }
            for parent in parents {
                self.list_children(&table, &parent, telling, &mut listing)
                    .await?;
            }
        }
        Ok(listing)
    }

    async fn list_pages(
        &mut self,
        table: &str,
        parent: Option<&str>,
        telling: Telling,
        listing: &mut Listing,
    ) -> Result<(), Stop> {
        let (from, mut count) = (self.from.clone(), PAGE);
        let mut page = page_of(&from, table, parent, None, &mut count).await?;
        // While one is told, the next is read.
        while let Some(cursor) = page.cursor.take() {
            let (told, next) = tokio::join!(
                self.listed(table, &page.rows, telling, listing),
                page_of(&from, table, parent, Some(&cursor), &mut count),
            );
            told?;
            page = next?;
        }
        self.listed(table, &page.rows, telling, listing).await
    }

    async fn list_children(
        &mut self,
        table: &str,
        parents: &str,
        telling: Telling,
        listing: &mut Listing,
    ) -> Result<(), Stop> {
        let id = self.state.id.clone();
        let mut cursor: Option<String> = None;
        loop {
            let next = self.to.next(&id, parents, None, cursor.as_deref(), BATCH);
            let next = next.await?;
            let ids: Vec<String> = next.rows.into_iter().map(|row| row.old).collect();
            let mut left = &ids[..];
            while !left.is_empty() {
                let children = self.children(table, left).await?;
                let taken = (children.taken as usize).min(left.len());
                self.listed(table, &children.rows, telling, listing).await?;
                left = &left[taken..];
                if let (0, [parent, others @ ..]) = (taken, left) {
                    // It has very many.
                    self.list_pages(table, Some(parent), telling, listing)
                        .await?;
                    left = others;
                }
            }
            cursor = next.cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// As many as can be read at once; none where the first has very many.
    async fn children(&self, table: &str, of: &[String]) -> Result<Children, Stop> {
        let mut count = PAGE;
        loop {
            match self.from.children(table, of, count).await {
                Err(error) if is_refused(&error) && count > FEW => count /= 2,
                Err(error) if is_refused(&error) => return Ok(Children::default()),
                children => return Ok(children?),
            }
        }
    }

    async fn listed(
        &mut self,
        table: &str,
        rows: &[Row],
        telling: Telling,
        listing: &mut Listing,
    ) -> Result<(), Stop> {
        self.taken.rows(rows).map_err(Stop::Impossible)?;
        self.from.calls.allow(rows.len() as u64);
        if rows.is_empty() {
            return Ok(());
        }
        let round = match telling {
            Telling::First(round) | Telling::Again(round) => Some(round),
            Telling::Nothing => None,
        };
        if let Some(round) = round {
            let id = self.state.id.clone();
            let again = self.report.again;
            let is_first = matches!(telling, Telling::First(_));
            let anew = again.is_some_and(|again| again.anew) && is_first;
            let listed = self.to.list(&id, table, rows, round, again.is_some(), anew);
            listed.await?;
        }
        let sum = listing.sums.entry(table.to_owned()).or_default();
        for row in rows {
            sum.add(&row.hash);
        }
        self.step().await
    }
}

/// One page; fewer documents at once where they are too many.
async fn page_of(
    from: &Side,
    table: &str,
    parent: Option<&str>,
    cursor: Option<&str>,
    count: &mut usize,
) -> Result<Page, Error> {
    loop {
        match from.page(table, parent, cursor, *count).await {
            Err(error) if is_refused(&error) && *count > 1 => *count /= 2,
            page => return page,
        }
    }
}
