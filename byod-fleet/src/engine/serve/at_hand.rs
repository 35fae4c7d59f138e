//! What a worker has at hand, whichever of its services is called.

use std::sync::Arc;

use byod_runtime::Byod;

use crate::engine::{Bundles, Order};
use crate::error::Error;
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

    /// What was asked for, with its bundle. Where that isn't here, the engine tries again, here or elsewhere.
    pub(super) fn rollout(&self, order: &Order) -> Result<Rollout, Error> {
        let bundle = self.bundles.get(order.bundle, order.schema_version);
        let bundle = bundle.inspect_err(|error| tracing::error!(%error, "no bundle"))?;
        Ok(order.rollout(bundle))
    }
}
