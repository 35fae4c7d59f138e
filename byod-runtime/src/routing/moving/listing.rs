//! Which documents there are, told to the side that takes them.

use super::steps::{BATCH, Mover, PAGE, Stop, is_refused};
use super::sums::{Listing, Sum};
use super::wire::{Children, Found, Page, Row};

/// Fewer documents of one parent aren't tried beside others'.
const FEW: usize = 8;

impl Mover {
    /// Tells the receiving side what there is, and sums it up.
    pub(super) async fn list(&mut self, round: Option<u64>) -> Result<Listing, Stop> {
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
                self.list_pages(&table, None, round, &mut listing).await?;
            }
            for parent in parents {
                self.list_children(&table, &parent, round, &mut listing)
                    .await?;
            }
        }
        Ok(listing)
    }

    async fn list_pages(
        &mut self,
        table: &str,
        parent: Option<&str>,
        round: Option<u64>,
        listing: &mut Listing,
    ) -> Result<(), Stop> {
        let mut cursor: Option<String> = None;
        let mut count = PAGE;
        loop {
            let page = self
                .from
                .page(table, parent, cursor.as_deref(), count)
                .await;
            let page: Page = match page {
                Err(error) if is_refused(&error) && count > 1 => {
                    count /= 2;
                    continue;
                }
                page => page?,
            };
            self.listed(table, &page.rows, round, listing).await?;
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn list_children(
        &mut self,
        table: &str,
        parents: &str,
        round: Option<u64>,
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
                self.listed(table, &children.rows, round, listing).await?;
                left = &left[taken..];
                if let (0, [parent, others @ ..]) = (taken, left) {
                    // It has very many.
                    self.list_pages(table, Some(parent), round, listing).await?;
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
        round: Option<u64>,
        listing: &mut Listing,
    ) -> Result<(), Stop> {
        self.taken.rows(rows).map_err(Stop::Impossible)?;
        self.from.calls.allow(rows.len() as u64);
        if rows.is_empty() {
            return Ok(());
        }
        let id = self.state.id.clone();
        let listed = self.to.list(&id, table, rows, round).await?;
        listing.news += listed.added + listed.changed;
        let sum = listing.sums.entry(table.to_owned()).or_default();
        for row in rows {
            sum.add(&row.hash);
        }
        self.step().await
    }
}
