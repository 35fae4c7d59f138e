//! All users: one roll-out is under way at a time.

use restate_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use super::rollout::{Asked, RollOutClient};
use crate::engine::{Begun, Digest, Order, names};
use crate::keeper::Remembered;

/// The roll-out that is under way.
const PRESENT: &str = "present";
/// Its invocation at the engine.
const INVOCATION: &str = "invocation";
/// How many there were.
const COUNT: &str = "count";
/// What is known of users from one round to the next.
const REMEMBERED: &str = "remembered";

pub(super) struct Fleet;

/// Which bundle the rounds were of.
#[derive(Serialize, Deserialize)]
struct Rounds {
    bundle: Digest,
    remembered: Remembered,
}

/// That a roll-out is over.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ended {
    key: String,
    /// What is known of users now; `None` leaves that as it was.
    #[serde(default)]
    remembered: Option<Remembered>,
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
                "version {} is being rolled out: wait for it, or stop it (`byod fleet stop`). If `{}` was killed at the engine, say so: \
                 POST {}/{}/ended with {{\"key\": \"{1}\"}}",
                present.order.schema_version,
                present.key,
                names::FLEET,
                names::ALL
            );
            return Err(TerminalError::new_with_code(409, busy).into());
        }
        let rounds = match order.keep {
            Some(_) => ctx.get::<Json<Rounds>>(REMEMBERED).await?,
            None => None,
        };
        let remembered = rounds.map_or_else(Remembered::default, |Json(rounds)| {
            let mut remembered = rounds.remembered;
            if rounds.bundle != order.bundle {
                remembered.change();
            }
            remembered
        });
        let count = ctx.get::<u64>(COUNT).await?.unwrap_or(0) + 1;
        let begun = Begun {
            key: format!("{count}-version-{}", order.schema_version),
            order: order.clone(),
        };
        let rollout = ctx
            .workflow_client::<RollOutClient>(begun.key.clone())
            .run(Json(Asked { order, remembered }))
            .send()
            .await?;
        ctx.set(INVOCATION, rollout.invocation_id().to_owned());
        ctx.set(COUNT, count);
        ctx.set(PRESENT, Json(begun.clone()));
        Ok(Json(begun))
    }

    /// Cancels the roll-out that is under way, if there is one, and says which: it says itself when it has ended.
    #[handler]
    async fn stop(&self, ctx: ObjectContext<'_>) -> Result<Json<Option<Begun>>, HandlerError> {
        let Some(Json(present)) = ctx.get::<Json<Begun>>(PRESENT).await? else {
            return Ok(Json(None));
        };
        let Some(invocation) = ctx.get::<String>(INVOCATION).await? else {
            let unknown = format!(
                "`{}` was begun by older workers, which did not keep what to stop: cancel it at the engine",
                present.key
            );
            return Err(TerminalError::new_with_code(409, unknown).into());
        };
        ctx.invocation_handle(invocation).cancel();
        Ok(Json(Some(present)))
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
        ctx.clear(INVOCATION);
        if let Some(remembered) = ended.remembered {
            let bundle = present.order.bundle;
            ctx.set(REMEMBERED, Json(Rounds { bundle, remembered }));
        }
        Ok(())
    }
}
