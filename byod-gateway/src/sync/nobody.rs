//! Clients that are nobody.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use byod_sync::server::Stop;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::caller::close;

/// A client's place among those that are nobody, once it has had its time to be somebody: however many of them there are,
/// they leave sockets to users.
pub(super) struct Nobody {
    places: Arc<Semaphore>,
    /// `None` where it has all the time there is.
    from: Option<Instant>,
    place: Option<OwnedSemaphorePermit>,
}

impl Nobody {
    pub(super) fn new(places: Arc<Semaphore>, time: Duration) -> Self {
        Self {
            places,
            from: Instant::now().checked_add(time),
            place: None,
        }
    }

    /// It is somebody.
    pub(super) fn leave(&mut self) {
        self.place = None;
    }

    /// Waits until it would need a place, and there is none.
    pub(super) async fn has_no_place(&mut self) -> Stop {
        let (None, Some(from)) = (&self.place, self.from) else {
            return pending().await;
        };
        sleep_until(from).await;
        match self.places.clone().try_acquire_owned() {
            Ok(place) => {
                self.place = Some(place);
                pending().await
            }
            Err(_) => close(1013, "TooManyClients"),
        }
    }
}
