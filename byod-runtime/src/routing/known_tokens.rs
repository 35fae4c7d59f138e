//! Whose tokens are, as main has said, for as long as that may be taken for true.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::cache::{Aging, ReadOnce};
use crate::deployment::Token;
use crate::error::Error;
use crate::users::{Subject, UserId};

/// How long it is at most: so long may who was signed out, or removed, go on.
const KEPT: Duration = Duration::from_secs(300);

/// Who a token belongs to.
#[derive(Clone)]
pub(super) struct SignedIn {
    pub(super) user: UserId,
    pub(super) subject: Subject,
    until: Instant,
}

impl SignedIn {
    /// As main has said when it was asked at `asked`.
    pub(super) fn new(user: UserId, subject: Subject, token: &Token, asked: Instant) -> Self {
        let until = asked + kept(token.expires());
        Self {
            user,
            subject,
            until,
        }
    }
}

impl Aging for SignedIn {
    fn is_due(&self, now: Instant) -> bool {
        now >= self.until
    }
}

/// By the digests of tokens; the tokens themselves are not kept.
pub(crate) struct KnownTokens(ReadOnce<[u8; 32], SignedIn, Error>);

impl KnownTokens {
    /// Of about `capacity` tokens.
    pub(crate) fn new(capacity: usize) -> Self {
        Self(ReadOnce::new(capacity))
    }

    pub(super) fn users(&self) -> &ReadOnce<[u8; 32], SignedIn, Error> {
        &self.0
    }
}

/// Until the token runs out; not at all where it has, by the clock of this machine.
fn kept(expires: Option<f64>) -> Duration {
    let Some(expires) = expires else {
        return KEPT;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let left = expires - now.unwrap_or_default().as_secs_f64();
    Duration::from_secs_f64(left.clamp(0.0, KEPT.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_until_the_token_runs_out_and_not_for_long() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = now.as_secs_f64();
        assert_eq!(kept(None), KEPT);
        assert_eq!(kept(Some(now + 3_600.0)), KEPT);
        assert_eq!(kept(Some(f64::MAX)), KEPT);
        let minute = kept(Some(now + 60.0));
        assert!(minute <= Duration::from_secs(60) && minute > Duration::from_secs(50));
        for gone in [now - 1.0, 0.0, -1.0, f64::MIN] {
            assert_eq!(kept(Some(gone)), Duration::ZERO, "{gone}");
        }
    }
}
