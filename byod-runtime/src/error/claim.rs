use serde::Serialize;

/// Whose a user's deployment is, as the deployment says.
///
/// The deployment itself refuses everybody else: a call of another user is
/// [`Error::Claim`](crate::Error::Claim).
///
/// ```
/// use byod_runtime::{Claim, UserStatus};
///
/// /// A deployment that can't say whose it is keeps nobody out who has a key of it.
/// fn is_kept_apart(status: &UserStatus) -> bool {
///     status.claim == Some(Claim::Yours)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Claim {
    /// The user's who asks.
    Yours,
    /// Nobody's: the first user who connects it, or calls, claims it.
    Unclaimed,
    /// It has no module `byod/claim`, so it can't be claimed and refuses nobody: its
    /// functions were written by hand, or by a `byod export` without claims.
    Unclaimable,
    /// Several users' on purpose: `deployments = "shared"` in byod.toml.
    Shared,
    /// Another user's.
    SomebodyElses,
}
