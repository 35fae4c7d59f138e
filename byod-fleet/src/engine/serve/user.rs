//! One user. The engine runs one of what changes their deployment or record at a time, on whichever machine; what is asked for
//! meanwhile waits for its turn.
//!
//! Each is one step: a worker that is lost in it does it over, which all of them allow. Records are read within
//! the step, for they hold sealed credentials, and what comes of it is journaled.

use std::time::Duration;

use byod_runtime::{
    Byod, ConnectionStatus, DeployProblem, Deployed, Direction, Error, KeepFor, MoveReport, Moving,
    Resealed, UserDatabaseConfig, UserId,
};
use restate_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::at_hand::AtHand;
use super::lacking::{Lacking, Patience};
use super::steps::{attempts, of_main};
use crate::engine::{Deploy, Done, MoveOrder, Order, Stays};
use crate::outcome::Outcome;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// When one looks again who was overtaken. Each push to a deployment that several users share ends the one before, with
/// the indexes that it was building: so the pauses get longer than those may take.
const OVERTAKEN: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(240),
];

pub(super) struct User(pub(super) AtHand);

/// What came of a deployment, if it was tried.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Tried {
    Done(Done),
    Lacking(Lacking),
}

// A push waits long for indexes, and a move goes on for hours. A worker that is gone is noticed by its connections.
#[restate_sdk::object(
    name = "ByodUser",
    client_visibility = "pub(super)",
    inactivity_timeout = "12h",
    abort_timeout = "12h",
    journal_retention = "1h",
    invocation_retry_policy(
        initial_interval = "500ms",
        factor = 2.0,
        max_interval = "30s",
        max_attempts = 100000,
        on_max_attempts = "pause",
    )
)]
impl User {
    /// Brings a version to their deployment, as `byod fleet deploy` does. Somebody who shares it may be pushed for on another
    /// worker: whoever is overtaken looks again when that is over.
    #[handler]
    async fn deploy(
        &self,
        ctx: ObjectContext<'_>,
        Json(Deploy { order, counted }): Json<Deploy>,
    ) -> Result<Json<Done>, HandlerError> {
        let mut pauses = OVERTAKEN.into_iter();
        let mut patience = Patience::default();
        loop {
            let (at_hand, user) = (self.0.clone(), UserId::from(ctx.key()));
            let tried = ctx.run(|| deployed(at_hand, user, order.clone(), counted));
            let tried = tried.name("deploy").retry_policy(attempts());
            let done = match tried.await? {
                Json(Tried::Done(done)) => done,
                // The worker that began the roll-out had the bundle, and this one hasn't.
                Json(Tried::Lacking(lacking)) => {
                    ctx.sleep(patience.pause(&lacking)?).await?;
                    continue;
                }
            };
            let is_overtaken = match &done.outcome {
                Outcome::Failed { problem } => problem.kind == DeployProblem::Overtaken.kind(),
                _ => false,
            };
            let Some(pause) = pauses.next().filter(|_| is_overtaken) else {
                return Ok(Json(done));
            };
            // Not all at the same moment, and the same when the engine replays it.
            let apart = pause.mul_f64((ctx.random_seed() % 1_000) as f64 / 1_000.0);
            ctx.sleep(pause + apart).await?;
        }
    }

    /// Tests their deployment, and writes nothing.
    #[handler]
    async fn probe(&self, ctx: ObjectContext<'_>) -> Result<Json<Value>, HandlerError> {
        let (byod, user) = (self.0.byod.clone(), UserId::from(ctx.key()));
        let found = ctx.run(|| async move {
            let record = record(&byod, &user).await?;
            told(byod.probe(&record).await.map_err(of_main)?)
        });
        Ok(found.name("probe").retry_policy(attempts()).await?)
    }

    /// Tests their deployment, and sets `connected` or `error` in their record, unless this worker can't open it.
    #[handler]
    async fn recover(&self, ctx: ObjectContext<'_>) -> Result<Json<Value>, HandlerError> {
        let (byod, user) = (self.0.byod.clone(), UserId::from(ctx.key()));
        let found = ctx.run(|| async move {
            let record = record(&byod, &user).await?;
            told(byod.test_record(record).await.map_err(of_main)?)
        });
        Ok(found.name("recover").retry_policy(attempts()).await?)
    }

    /// Seals their record with the current key, as `byod rotate-key` does for all.
    #[handler]
    async fn rotate(&self, ctx: ObjectContext<'_>) -> Result<Json<Resealed>, HandlerError> {
        let (byod, user) = (self.0.byod.clone(), UserId::from(ctx.key()));
        let resealed = ctx.run(|| async move {
            let record = record(&byod, &user).await?;
            Ok(Json(byod.reseal(&record).await.map_err(of_main)?))
        });
        Ok(resealed.name("rotate").retry_policy(attempts()).await?)
    }

    /// Moves what they have on main to their own deployment.
    #[handler]
    async fn move_in(
        &self,
        ctx: ObjectContext<'_>,
        Json(order): Json<MoveOrder>,
    ) -> Result<Json<MoveReport>, HandlerError> {
        let (byod, user) = (self.0.byod.clone(), UserId::from(ctx.key()));
        let moved = ctx.run(|| moved(byod, user, order, Direction::In));
        Ok(moved.name("move in").retry_policy(attempts()).await?)
    }

    /// Moves what they have on their own deployment back to main.
    #[handler]
    async fn move_out(
        &self,
        ctx: ObjectContext<'_>,
        Json(order): Json<MoveOrder>,
    ) -> Result<Json<MoveReport>, HandlerError> {
        let (byod, user) = (self.0.byod.clone(), UserId::from(ctx.key()));
        let moved = ctx.run(|| moved(byod, user, order, Direction::Out));
        Ok(moved.name("move out").retry_policy(attempts()).await?)
    }

    /// How far their move is, by their record. It doesn't wait for its turn, and nothing is journaled: who looks on looks again.
    #[handler(journal_retention = "0s")]
    async fn moving(
        &self,
        ctx: SharedObjectContext<'_>,
    ) -> Result<Json<Option<Moving>>, HandlerError> {
        let user = UserId::from(ctx.key());
        let record = self.0.byod.user_record(user).await;
        // Those who look on would be asked for again and again, one more each time.
        let record = record.map_err(|error| TerminalError::new(error.to_string()))?;
        Ok(Json(record.and_then(|record| record.moving)))
    }

    /// Calls a move off. It doesn't wait for its turn: the move under way has that, and looks whether it was called off.
    #[handler]
    async fn cancel_move(&self, ctx: SharedObjectContext<'_>) -> Result<bool, HandlerError> {
        let (byod, user) = (self.0.byod.clone(), UserId::from(ctx.key()));
        let cancelled = ctx.run(|| async move { byod.cancel_move(user).await.map_err(of_main) });
        Ok(cancelled
            .name("cancel move")
            .retry_policy(attempts())
            .await?)
    }
}

async fn deployed(
    at_hand: AtHand,
    user: UserId,
    order: Order,
    counted: bool,
) -> Result<Json<Tried>, HandlerError> {
    let byod = &at_hand.byod;
    let rollout = match at_hand.rollout(&order) {
        Ok(rollout) => rollout,
        Err(lacking) => return Ok(Json(Tried::Lacking(lacking))),
    };
    let record = match byod.user_record(user).await {
        Ok(record) => record,
        Err(error) => {
            // It says nothing of the version, and keeps nobody else waiting.
            let problem = DeployProblem::of_record(&error);
            let failed = Deployed::Failed(problem.ok_or_else(|| of_main(error))?);
            let done = Done::of(&ConnectionStatus::Error, counted, failed);
            return Ok(Json(Tried::Done(done)));
        }
    };
    let (status, deployed) = match record {
        None => (ConnectionStatus::Disconnected, Deployed::NotConnected),
        Some(record) => {
            let status = record.connection_status.clone();
            let deployed = rollout.deploy_as_read(byod, record).await;
            (status, deployed.map_err(of_main)?)
        }
    };
    Ok(Json(Tried::Done(Done::of(&status, counted, deployed))))
}

async fn record(byod: &Byod, user: &UserId) -> Result<UserDatabaseConfig, HandlerError> {
    let record = byod.user_record(user.clone()).await.map_err(of_main)?;
    let none = || Error::NoRecord {
        user: user.as_str().into(),
    };
    record.ok_or_else(|| of_main(none()))
}

fn told(found: impl Serialize) -> Result<Json<Value>, HandlerError> {
    Ok(Json(serde_json::to_value(found)?))
}

/// Goes on where one before was cut off.
async fn moved(
    byod: Byod,
    user: UserId,
    order: MoveOrder,
    direction: Direction,
) -> Result<Json<MoveReport>, HandlerError> {
    let asked = match direction {
        Direction::In => byod.move_in(user.clone(), order.subject),
        Direction::Out => byod.move_out(user.clone(), order.subject),
    };
    let asked = asked.keep(match order.stays {
        Stays::Days(days) => KeepFor::Time(DAY * days),
        Stays::ForGood => KeepFor::Good,
    });
    match asked.await {
        Ok(report) => Ok(Json(report)),
        // Held by a worker that is no more, for a minute at most.
        Err(error @ Error::NotMoved { .. }) => match record(&byod, &user).await?.is_moving() {
            true => Err(error.into()),
            false => Err(of_main(error)),
        },
        Err(error) => Err(of_main(error)),
    }
}
