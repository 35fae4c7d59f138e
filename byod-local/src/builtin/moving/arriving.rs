//! What ids become on the side that documents come to.

use byod_schema::MOVED_TABLE;

use super::arguments::Who;
use super::known::row_of;
use super::references::{Becomes, Rewritten};
use crate::error::FunctionError;
use crate::functions::{Ctx, Moving};

/// How those are taken that can't be without each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rings {
    /// First with others' ids in the place of theirs.
    Bridge,
    /// Then with their own, as long as that leaves any out.
    Close,
    /// Then for good.
    Settle,
}

impl Rings {
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "bridge" => Some(Self::Bridge),
            "close" => Some(Self::Close),
            "settle" => Some(Self::Settle),
            _ => None,
        }
    }
}

/// One document on its way.
pub(super) struct Arriving<'c, 's> {
    pub(super) moving: &'c Moving,
    pub(super) ctx: &'c Ctx<'s>,
    pub(super) who: &'c Who,
    /// Of which move it is.
    pub(super) id: &'c str,
    pub(super) rings: Option<Rings>,
    /// Whether it refers to what hasn't come yet.
    pub(super) waits: bool,
    /// Whether others' ids stand for those for now.
    pub(super) bridges: bool,
}

impl Becomes for Arriving<'_, '_> {
    fn id(&mut self, table: &str, id: String) -> Rewritten<String> {
        if self.moving.table(table).is_some() {
            return self.moved(table, &id);
        }
        // There are no files here.
        if table.starts_with('_') {
            return Ok(None);
        }
        let is_theirs = |name: &str| self.who.names().contains(&name);
        if self.moving.callers.contains(table) {
            return Ok(match (self.moving.is_users, is_theirs(&id)) {
                (true, true) => Some(self.who.subject.clone()),
                (true, false) => Some(id),
                (false, true) => Some(self.who.user.clone()),
                (false, false) => None,
            });
        }
        // A text there, which means something here alone.
        if self.moving.is_users {
            return Ok(Some(id));
        }
        let is_here = self.ctx.ids().table_of(&id) == Some(table);
        let found = self.ctx.peek(&id).filter(|_| is_here);
        let (Some(found), Some(field)) = (found, self.moving.others.get(table)) else {
            return Ok(None);
        };
        let may = match field {
            None => true,
            Some(field) => self.who.is(found.at(field)),
        };
        Ok(may.then_some(id))
    }
}

impl Arriving<'_, '_> {
    fn moved(&mut self, table: &str, id: &str) -> Rewritten<String> {
        let row = row_of(self.ctx, self.id, id)?;
        let Some(row) = row.filter(|row| row.str("table") == Some(table)) else {
            return Ok(None);
        };
        let is_bridged = row.str("state") == Some("bridged");
        if let Some(new) = row
            .str("new")
            .filter(|_| !is_bridged || self.rings.is_some())
        {
            self.bridges |= is_bridged;
            return Ok(Some(new.to_owned()));
        }
        // Those that can't be without each other are known when rings are closed.
        if row.str("state") == Some("kept") || self.rings == Some(Rings::Close) {
            return Ok(None);
        }
        self.waits = true;
        match self.bridges && self.rings == Some(Rings::Bridge) {
            true => self.another(table),
            false => Ok(None),
        }
    }

    /// Any id of the table, which becomes the right one once that is known. Until then it shows: so it is one of theirs,
    /// if there is any.
    fn another(&self, table: &str) -> Result<Option<String>, FunctionError> {
        for state in ["done", "partial", "bridged"] {
            let rows = self.ctx.query(MOVED_TABLE).index("by_state");
            let rows = rows.eq("move", self.id).eq("table", table);
            let own = rows.eq("state", state).first()?;
            if let Some(new) = own.as_ref().and_then(|own| own.str("new")) {
                return Ok(Some(new.to_owned()));
            }
        }
        let any = self.ctx.query(table).first()?;
        Ok(any.and_then(|any| any.id().map(str::to_owned)))
    }
}
