//! How many streams each user has open, and how they end.

mod ending;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use ending::Ending;
pub(crate) use ending::Open;

/// Counts the streams of each user, and allows so many.
#[derive(Clone)]
pub(crate) struct OpenStreams {
    most: usize,
    open: Arc<Mutex<HashMap<String, usize>>>,
}

/// One stream; dropping it makes room.
pub(crate) struct Place {
    streams: OpenStreams,
    user: String,
}

impl OpenStreams {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            open: Arc::default(),
        }
    }

    /// A place for one more, unless there are as many as may be.
    pub(crate) fn take(&self, user: &str) -> Option<Place> {
        let mut open = self.lock();
        if open.get(user).copied().unwrap_or_default() >= self.most {
            return None;
        }
        *open.entry(user.to_owned()).or_default() += 1;
        Some(Place {
            streams: self.clone(),
            user: user.to_owned(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(count) = open.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_places_of_their_own_and_gets_them_back() {
        let streams = OpenStreams::new(1);
        let alices = streams.take("alice");
        assert!(alices.is_some() && streams.take("alice").is_none());
        assert!(streams.take("bob").is_some());
        drop(alices);
        assert!(streams.take("alice").is_some());
        assert!(streams.lock().is_empty());
    }
}
