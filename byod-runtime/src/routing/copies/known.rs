//! What this process knows of one user's copies.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use tokio::sync::Mutex;

/// What this process knows of one user's copies, and what it did to what they are of.
#[derive(Debug, Default)]
pub(super) struct OfUser {
    /// Held while they are brought there.
    pub(super) known: Mutex<Option<Known>>,
    /// How many calls to main have ended that may have changed what they are of.
    writes: AtomicU64,
    /// The user's subject, once copies were brought.
    pub(super) subject: OnceLock<String>,
}

/// What was brought to a user's deployment last.
#[derive(Debug)]
pub(super) struct Known {
    /// Of the credentials it was reached with.
    pub(super) fingerprint: u64,
    /// When main was asked.
    pub(super) read: Instant,
    /// Of what is there, where that is known.
    pub(super) digest: Option<String>,
    /// How many calls to main had ended then.
    pub(super) writes: u64,
    /// When main could not be asked, if that was later.
    pub(super) failed: Option<Instant>,
}

impl OfUser {
    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }
}

/// A call to main that may change what a user's copies are of. However it ends, also if
/// nobody waits for it, they are out of date then.
#[derive(Debug)]
pub(crate) struct Writing(Arc<OfUser>);

impl Writing {
    pub(super) fn new(of: Arc<OfUser>) -> Self {
        Self(of)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.writes.fetch_add(1, Ordering::SeqCst);
    }
}
