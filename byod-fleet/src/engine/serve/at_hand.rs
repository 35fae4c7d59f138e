//! What a worker has at hand, whichever of its services is called.

use std::sync::Arc;

use byod_runtime::Byod;
use restate_sdk::prelude::*;

use super::lacking::{Lacking, Patience};
use crate::engine::{Bundles, Order};
use crate::rollout::Rollout;

/// Main and users' deployments, and the projects that may be pushed.
#[derive(Clone, Debug)]
pub(super) struct AtHand {
    pub(super) byod: Byod,
    bundles: Arc<Bundles>,
}

impl AtHand {
    pub(super) fn new(byod: Byod, bundles: Bundles) -> Self {
        let bundles = Arc::new(bundles);
        Self { byod, bundles }
    }

    /// What was asked for, with its bundle.
    pub(super) fn rollout(&self, order: &Order) -> Result<Rollout, Lacking> {
        let bundle = self.bundles.get(order.bundle, order.schema_version);
        let bundle = bundle.inspect_err(|error| tracing::error!(%error, "no bundle"));
        Ok(order.rollout(bundle.map_err(Lacking::of)?))
    }

    /// Waits until a worker has its bundle.
    pub(super) async fn wait(
        &self,
        ctx: &WorkflowContext<'_>,
        order: &Order,
    ) -> Result<(), TerminalError> {
        let mut patience = Patience::default();
        loop {
            let (here, order) = (self.clone(), order.clone());
            let look = ctx.run(|| async move { Ok(Json(here.rollout(&order).err())) });
            match look.name("is the bundle here").await? {
                Json(None) => return Ok(()),
                Json(Some(lacking)) => ctx.sleep(patience.pause(&lacking)?).await?,
            }
        }
    }
}
