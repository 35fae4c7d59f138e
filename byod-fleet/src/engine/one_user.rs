//! What else than a version is asked for one user, and what comes of it.

use std::time::Duration;

use byod_runtime::{Direction, MoveReport, Moving, Resealed, UserId};
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::client::{Came, Engine, segment};
use super::handed::{GONE, names};
use crate::error::Error;

/// How often it is asked how far a move is. It takes as long as nobody knows of all services that they refuse the user's
/// writes, so a minute and more.
const LOOK: Duration = Duration::from_secs(2);

/// A move as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct MoveOrder {
    /// Who the user is to functions.
    pub subject: String,
    /// How long what was moved stays where it was.
    #[serde(default)]
    pub stays: Stays,
}

/// How long what was moved stays where it was: a week, where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stays {
    /// So many days, until a service that resumes moves deletes it.
    Days(u32),
    /// Until the user's data moves again.
    ForGood,
}

impl Default for Stays {
    fn default() -> Self {
        Self::Days(7)
    }
}

impl MoveOrder {
    /// Of a user who is that to functions.
    pub fn of(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            stays: Stays::default(),
        }
    }

    /// Sets how long what was moved stays where it was.
    #[must_use]
    pub fn stays(mut self, stays: Stays) -> Self {
        self.stays = stays;
        self
    }
}

impl Engine {
    /// Moves what a user has, when it is their turn, and says now and then how far their record says that it is. Whoever stops
    /// waiting stops nothing: who asks again, the same way, is told of the same move.
    pub async fn move_data(
        &self,
        user: &UserId,
        direction: Direction,
        order: &MoveOrder,
        mut told: impl FnMut(&Moving),
    ) -> Result<MoveReport, Error> {
        let what = match direction {
            Direction::In => "move_in",
            Direction::Out => "move_out",
        };
        let output = self.hand_over(&of(user, what), order).await?;
        let mut lost = 0;
        loop {
            match self.look(&output, &mut lost).await? {
                Came::Value(report) => return self.read(&report, "a report"),
                Came::Refused(error) => return Err(error),
                Came::NotYet => {}
            }
            // What can't be asked now is asked again.
            if let Ok(Some(moving)) = self.moving(user).await {
                told(&moving);
            }
            sleep(LOOK).await;
        }
    }

    /// How far their record says that their move is. It waits for nobody's turn.
    pub async fn moving(&self, user: &UserId) -> Result<Option<Moving>, Error> {
        self.get(&of(user, "moving")).await
    }

    /// Seals a user's record with the workers' current key, when it is their turn.
    pub async fn reseal(&self, user: &UserId) -> Result<Resealed, Error> {
        // It may wait for a move.
        match self.wait_for(&of(user, "rotate"), Bytes::new()).await {
            Err(Error::Engine { status: GONE, .. }) => Ok(Resealed::Gone),
            resealed => resealed,
        }
    }
}

/// Where that is asked of a user's object.
fn of(user: &UserId, what: &str) -> String {
    format!("{}/{}/{what}", names::USER, segment(user.as_str()))
}
