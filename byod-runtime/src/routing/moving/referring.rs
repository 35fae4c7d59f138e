//! What documents refer to that comes after them.

use super::steps::{BATCH, Mover, Stop};
use super::wire::{Pass, Written};

impl Mover {
    /// Fills in what came too late to be referred to.
    pub(super) async fn references(&mut self) -> Result<(), Stop> {
        self.wait_for_others().await?;
        // What needs what needs it waits for ever.
        while self.each("held", Pass::Bridge).await?.partial > 0.0 {}
        while self.each("bridged", Pass::Close).await?.kept > 0.0 {}
        self.each("bridged", Pass::Settle).await?;
        self.wait_for_others().await?;
        // What is waited for now doesn't come.
        self.taken.copies();
        for state in ["held", "partial"] {
            for table in self.tables() {
                self.all_of(&table, state, Pass::Final).await?;
            }
        }
        Ok(())
    }

    /// Writes again what waits, as long as that helps.
    async fn wait_for_others(&mut self) -> Result<(), Stop> {
        loop {
            let held = self.each("held", Pass::First).await?;
            let partial = self.each("partial", Pass::First).await?;
            if held.done + held.partial + partial.done == 0.0 {
                return Ok(());
            }
        }
    }

    /// Writes all once that are in the state.
    async fn each(&mut self, state: &str, pass: Pass) -> Result<Written, Stop> {
        self.taken.copies();
        let id = self.state.id.clone();
        let mut all = Written::default();
        for table in self.tables() {
            self.state.table = Some(table.clone());
            let mut cursor: Option<String> = None;
            loop {
                let next = self
                    .to
                    .next(&id, &table, Some(state), cursor.as_deref(), BATCH);
                let next = next.await?;
                let ids: Vec<String> = next.rows.into_iter().map(|row| row.old).collect();
                all.add(self.send(&table, ids, pass).await?);
                cursor = next.cursor;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(all)
    }
}
