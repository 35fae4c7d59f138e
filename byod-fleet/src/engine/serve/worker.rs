//! A worker: its services, and where it listens.

use std::num::NonZeroU32;

use byod_runtime::Byod;
use restate_sdk::prelude::*;
use tokio::net::TcpListener;

use super::at_hand::AtHand;
use super::batch::Batch;
use super::failure::Failure;
use super::fleet::Fleet;
use super::listening::serve;
use super::rollout::RollOut;
use super::user::User;
use crate::engine::Bundles;

/// How many calls are made on one connection, where nothing else is said.
pub(super) const CALLS: NonZeroU32 = NonZeroU32::MIN.saturating_add(15);

/// One of an engine's workers: main and users' deployments, and the projects that may be pushed. The program
/// `byod-fleet serve` is one; a service can be one beside what else it does.
///
/// ```no_run
/// # async fn demo(byod: byod_runtime::Byod) -> Result<(), Box<dyn std::error::Error>> {
/// use byod_fleet::Bundles;
/// use byod_fleet::serve::Worker;
///
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9080").await?;
/// let worker = Worker::new(byod, Bundles::in_folder("/var/lib/bundles")?);
/// let key = "publickeyv1_w7YHemBctH5Ck2nQRQ47iBBqhNHy4FV7t2Usbye2A6f";
/// worker.identity_key(key).serve(listener).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it serves"]
pub struct Worker {
    at_hand: AtHand,
    identity_keys: Vec<String>,
    calls: NonZeroU32,
}

impl Worker {
    /// Anybody who reaches it may call it; see [`identity_key`](Self::identity_key).
    pub fn new(byod: Byod, bundles: Bundles) -> Self {
        Self {
            at_hand: AtHand::new(byod, bundles),
            identity_keys: Vec::new(),
            calls: CALLS,
        }
    }

    /// Lets only an engine call that has this request identity key, `publickeyv1_…`, or another one of those given.
    pub fn identity_key(mut self, key: impl Into<String>) -> Self {
        self.identity_keys.push(key.into());
        self
    }

    /// Sets how many calls the engine makes on one connection, before it opens a further one.
    pub fn calls_per_connection(mut self, calls: NonZeroU32) -> Self {
        self.calls = calls;
        self
    }

    /// Does what the engine says, until a signal says that this process is to end.
    pub async fn serve(self, listener: TcpListener) -> Result<(), Failure> {
        let endpoint = self.endpoint()?;
        serve(listener, endpoint, self.calls).await;
        Ok(())
    }

    fn endpoint(&self) -> Result<Endpoint, Failure> {
        let mut builder = Endpoint::builder();
        for key in &self.identity_keys {
            let key = key.trim();
            let known = builder.identity_key(key);
            builder = known.map_err(|error| {
                Failure::Identity(format!("`{key}` is no identity key: {error}"))
            })?;
        }
        Ok(builder
            .bind(User(self.at_hand.clone()))
            .bind(Batch(self.at_hand.clone()))
            .bind(RollOut(self.at_hand.clone()))
            .bind(Fleet)
            .build())
    }
}
