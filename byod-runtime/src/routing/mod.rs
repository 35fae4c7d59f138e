//! Which deployment answers a user, and what is done where it fails.

mod cache;
mod claims;
mod connecting;
mod connects_under_way;
mod copies;
mod decision;
mod disconnecting;
mod known_claims;
mod lookup;
mod publishing;
mod record_changes;
mod recovery;
mod recovery_tasks;
mod resealing;
mod rollout;
mod service;
mod status;
mod tables;
mod target;
mod testing;
mod watched;

pub(crate) use cache::{Ages, Route, RouteCache};
pub(crate) use connects_under_way::ConnectsUnderWay;
pub(crate) use copies::{Copies, Failed, Whose, Writing};
pub(crate) use known_claims::KnownClaims;
pub(crate) use lookup::Known;
pub(crate) use recovery_tasks::{Pauses, RecoveryTasks};
pub use rollout::{Rollout, Rollouts};
pub use service::Byod;
pub(crate) use service::Inner;
pub use status::{UserRecord, UserStatus};
pub use tables::{Router, TableInfo};
pub use target::RoutedClient;
pub(crate) use target::{Target, Wanted};
pub use testing::ConnectionTest;
pub(crate) use watched::Watched;
