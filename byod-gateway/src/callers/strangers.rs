//! Tokens that main knows no user of.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

/// How long main isn't asked again: so long may who has just signed up be taken for nobody, whose calls go to main.
const KEPT: Duration = Duration::from_secs(2);

/// How many are kept; the oldest go first.
const MOST: usize = 10_000;

/// Tokens that main knew no user of a moment ago, by their digests: one that is sent again and again is asked about once.
#[derive(Default)]
pub(crate) struct Strangers(Mutex<Known>);

#[derive(Default)]
struct Known {
    since: HashMap<[u8; 32], Instant>,
    oldest: VecDeque<[u8; 32]>,
}

impl Strangers {
    pub(crate) fn has(&self, token: &str) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = known.since.get(&digest(token));
        since.is_some_and(|since| since.elapsed() < KEPT)
    }

    pub(crate) fn add(&self, token: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = digest(token);
        if known.since.insert(digest, Instant::now()).is_none() {
            known.oldest.push_back(digest);
        }
        if known.oldest.len() > MOST
            && let Some(oldest) = known.oldest.pop_front()
        {
            known.since.remove(&oldest);
        }
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_known_and_no_more() {
        let strangers = Strangers::default();
        assert!(!strangers.has("first"));
        strangers.add("first");
        strangers.add("first");
        assert!(strangers.has("first"));
        for number in 0..MOST {
            strangers.add(&number.to_string());
        }
        assert!(!strangers.has("first") && strangers.has("0"));
        let known = strangers.0.lock().unwrap();
        assert_eq!((known.since.len(), known.oldest.len()), (MOST, MOST));
    }
}
