//! Which deployment answers a user, and what is done where it fails.

mod allowance;
mod bringing;
mod cache;
mod changed_records;
mod changed_users;
mod claims;
mod connecting;
mod connects_under_way;
mod copies;
mod decision;
mod deliveries;
mod deploying;
mod disconnecting;
mod followers;
mod history;
mod known_claims;
mod known_tokens;
mod listening;
mod lookup;
mod moving;
mod of_manifest;
mod outbox;
mod per_user;
mod publishing;
mod pushing;
mod record_changes;
mod recovery;
mod recovery_tasks;
mod resealing;
mod rollout;
mod rollouts_watched;
mod service;
mod signed_in;
mod status;
mod tables;
mod target;
mod testing;
mod watched;

pub(crate) use allowance::Allowance;
pub use bringing::{BringData, Brought, Disconnected, LeftBehind};
pub(crate) use cache::{Ages, Route, RouteCache};
pub(crate) use changed_users::Telling;
pub use changed_users::{ChangedUsers, UserChanges};
pub use connecting::Connect;
pub(crate) use connects_under_way::ConnectsUnderWay;
pub(crate) use copies::{Copies, Failed, Whose, Writing};
pub(crate) use deliveries::Outbox;
pub use deploying::{DeployProblem, DeployTogether, Deployed, Pushed};
pub(crate) use followers::{Followers, Following};
pub use history::{
    HistoryEntry, HistoryKind, KeptRollout, RolloutProgress, RolloutState, WaveProgress,
};
pub(crate) use known_claims::KnownClaims;
pub(crate) use known_tokens::KnownTokens;
pub(crate) use listening::Listening;
pub(crate) use lookup::Known;
pub use moving::{
    Direction, KeepFor, LeftDocument, Move, MovePhase, MoveReport, PlannedMove, PlannedTable,
    Resumed,
};
pub use outbox::{Delivered, RefusedRow, Swept};
pub(crate) use pushing::Pushing;
pub(crate) use recovery_tasks::{Pauses, RecoveryTasks};
pub use rollout::{Rollout, Rollouts};
pub use service::Byod;
pub(crate) use service::{Inner, LiveSettings};
pub use status::{UserRecord, UserStatus};
pub use tables::{Router, TableInfo};
pub use target::RoutedClient;
pub(crate) use target::{Target, Wanted};
pub use testing::ConnectionTest;
pub(crate) use watched::Watched;
