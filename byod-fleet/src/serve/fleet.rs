//! All users: one roll-out is under way at a time.

use restate_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use super::rests::{Ended, Rests};
use super::rollout::{Asked, RollOutClient};
use crate::engine::{Begun, Digest, Order};

/// The roll-out that is under way.
const PRESENT: &str = "present";
/// How many there were.
const COUNT: &str = "count";
/// Who is tried again later.
const RESTING: &str = "resting";

pub(super) struct Fleet;

/// Pauses are of one bundle: with another all are tried at once.
#[derive(Serialize, Deserialize)]
struct Resting {
    bundle: Digest,
    rests: Rests,
}

#[restate_sdk::object(name = "ByodFleet", client_visibility = "pub(super)")]
impl Fleet {
    /// Begins with a roll-out, or says which is under way where that is of the same bundle.
    #[handler]
    async fn begin(
        &self,
        ctx: ObjectContext<'_>,
        Json(order): Json<Order>,
    ) -> Result<Json<Begun>, HandlerError> {
        if let Some(Json(present)) = ctx.get::<Json<Begun>>(PRESENT).await? {
            if present.order.bundle == order.bundle {
                return Ok(Json(present));
            }
            let busy = format!(
                "version {} is being rolled out ({}): wait for it, or cancel it at the engine",
                present.order.schema_version, present.key
            );
            return Err(TerminalError::new_with_code(409, busy).into());
        }
        let resting = match order.keep {
            Some(_) => ctx.get::<Json<Resting>>(RESTING).await?,
            None => None,
        };
        let resting = resting.filter(|Json(resting)| resting.bundle == order.bundle);
        let rests = resting.map_or_else(Rests::default, |Json(resting)| resting.rests);
        let count = ctx.get::<u64>(COUNT).await?.unwrap_or(0) + 1;
        let begun = Begun {
            key: format!("{count}-version-{}", order.schema_version),
            order: order.clone(),
        };
        ctx.workflow_client::<RollOutClient>(begun.key.clone())
            .run(Json(Asked { order, rests }))
            .send();
        ctx.set(COUNT, count);
        ctx.set(PRESENT, Json(begun.clone()));
        Ok(Json(begun))
    }

    /// That one has ended, or was killed at the engine.
    #[handler]
    async fn ended(
        &self,
        ctx: ObjectContext<'_>,
        Json(ended): Json<Ended>,
    ) -> Result<(), HandlerError> {
        let present = ctx.get::<Json<Begun>>(PRESENT).await?;
        let Some(Json(present)) = present.filter(|Json(present)| present.key == ended.key) else {
            return Ok(());
        };
        ctx.clear(PRESENT);
        if let Some(rests) = ended.rests {
            let bundle = present.order.bundle;
            ctx.set(RESTING, Json(Resting { bundle, rests }));
        }
        Ok(())
    }
}
