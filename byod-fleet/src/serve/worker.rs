//! What a worker has, whichever of its services is called.

use std::sync::Arc;

use byod_runtime::Byod;
use restate_sdk::prelude::*;

use super::batch::Batch;
use super::fleet::Fleet;
use super::rollout::RollOut;
use super::user::User;
use crate::engine::{Bundles, Order};
use crate::error::Error;
use crate::rollout::Rollout;

/// Main and users' deployments, and the projects that may be pushed.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) byod: Byod,
    bundles: Arc<Bundles>,
}

impl Worker {
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

    /// All services. With keys, only an engine that has one of them may call.
    pub(super) fn endpoint(&self, identity_keys: &[String]) -> Result<Endpoint, String> {
        let builder = identity_keys
            .iter()
            .try_fold(Endpoint::builder(), |builder, key| {
                let key = key.trim();
                let known = builder.identity_key(key);
                known.map_err(|error| format!("`{key}` is no identity key: {error}"))
            });
        Ok(builder?
            .bind(User(self.clone()))
            .bind(Batch(self.clone()))
            .bind(RollOut(self.clone()))
            .bind(Fleet)
            .build())
    }
}
