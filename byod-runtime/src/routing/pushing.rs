//! Which deployments are pushed to in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// One push at a time for each deployment, whoever of its users it is for: a second one would be the end of the first.
/// Holds nothing of deployments that nobody pushes to.
#[derive(Debug, Default)]
pub(crate) struct Pushing(Mutex<HashMap<Arc<str>, Weak<AsyncMutex<()>>>>);

impl Pushing {
    /// Waits until nobody else pushes to the deployment at that URL. Nobody does while what it gives is kept.
    pub(crate) async fn alone(&self, url: &Arc<str>) -> OwnedMutexGuard<()> {
        self.of(url).lock_owned().await
    }

    fn of(&self, url: &Arc<str>) -> Arc<AsyncMutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(url).and_then(Weak::upgrade) {
            return known;
        }
        // There are never more than are pushed to at once, and those that have just been.
        all.retain(|_, known| known.strong_count() > 0);
        let new = Arc::default();
        all.insert(url.clone(), Arc::downgrade(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_each() {
        let pushing = Pushing::default();
        let (a, b): (Arc<str>, Arc<str>) = ("https://a".into(), "https://b".into());
        let first = pushing.alone(&a).await;
        assert!(pushing.alone(&"https://a".into()).now_or_never().is_none());
        let other = pushing.alone(&b).await;
        drop((first, other));
        drop(pushing.alone(&a).await);
        for number in 0..100 {
            drop(pushing.alone(&format!("https://{number}").into()).await);
        }
        assert_eq!(pushing.0.lock().unwrap().len(), 1);
    }
}
