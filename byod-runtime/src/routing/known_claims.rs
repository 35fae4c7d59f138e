use quick_cache::sync::Cache;

use crate::error::Claim;
use crate::users::UserId;

/// Whose users' deployments were when they were last heard, each with the
/// fingerprint of the credentials it was reached with.
#[derive(Debug)]
pub(crate) struct KnownClaims(Cache<UserId, (u64, Claim)>);

impl KnownClaims {
    /// Of about `capacity` users.
    pub(crate) fn new(capacity: usize) -> Self {
        Self(Cache::new(capacity))
    }

    pub(crate) fn note(&self, user: &UserId, fingerprint: u64, claim: Claim) {
        self.0.insert(user.clone(), (fingerprint, claim));
    }

    pub(crate) fn get(&self, user: &UserId, fingerprint: u64) -> Option<Claim> {
        let (of, claim) = self.0.get(user)?;
        (of == fingerprint).then_some(claim)
    }

    pub(crate) fn forget(&self, user: &UserId) {
        self.0.remove(user);
    }
}
