//! Which deployment answers a user, and what is done where it fails.

mod cache;
mod changes;
mod claims;
mod connecting;
mod decision;
mod lookup;
mod recovery;
mod rollout;
mod status;
mod tables;
mod target;

pub(crate) use cache::{Ages, Route, RouteCache};
pub(crate) use claims::KnownClaims;
pub use connecting::ConnectionTest;
pub(crate) use lookup::Known;
pub(crate) use recovery::{Pauses, Recoveries};
pub use rollout::{Rollout, Rollouts};
pub(crate) use status::Watched;
pub use status::{UserRecord, UserStatus};
pub use tables::{Router, TableInfo};
pub use target::RoutedClient;
pub(crate) use target::{Target, Wanted};
