#![doc = include_str!("../README.md")]
//!
//! [`Byod`] is made once, a [`Session`] per request; generated functions take the
//! session. [`Client`] calls one deployment and can be used alone.
//!
//! `byod_table` makes the wrappers of a table's functions, `byod_module!` those of any
//! module of main, and [`Session::query`] and its siblings call what is known only by its
//! path. Where a function runs for a user who connected a deployment is decided by the
//! tables that it touches ([`Runs`]); what can't run where the user's data is, is
//! [`Error::NotServed`] for them, and on main for everybody else.
//!
//! # What an operator sees
//!
//! Every call through a session is a `tracing` span `convex_call` with `table` (`*`
//! for a batch; the module's path where a wrapper is of no table), `function`, `kind`,
//! `location` (`main`, `user`, or `none` where nothing was sent), `attempts`, `outcome`
//! (`ok`, or [`Error::kind`]) and `duration_ms`. Every stream of a query that is watched is a span
//! `convex_watch` with `table`, `function`, `location`, `first_value_ms`, `given` (how many values and
//! errors), `outcome` (of the last one) and `duration_ms`. Metrics go through the `metrics` facade:
//!
//! | metric | labels | what it counts |
//! | --- | --- | --- |
//! | `byod_calls_total` | `table`, `kind`, `location`, `outcome` | calls |
//! | `byod_call_duration_seconds` | `table`, `kind`, `location` | how long calls took, a histogram |
//! | `byod_retries_total` | `kind` | calls that were sent again |
//! | `byod_blocked_total` | | users whose deployment was blocked from then on |
//! | `byod_routes_total` | `result` | users' routes: `hit` and `miss` of the cache, and `stale` where main failed |
//! | `byod_watched_total` | `table`, `location`, `outcome` | values and errors that streams gave |
//! | `byod_first_value_seconds` | `table`, `location` | how long the first value of a stream took, a histogram |
//! | `byod_subscriptions` | `location` | what is watched now, a gauge |
//! | `byod_sync_sockets` | `location` | sockets that are open now, a gauge |
//! | `byod_sync_reconnects_total` | `location` | sockets that ended, or could not be opened |
//! | `byod_sync_bytes_total` | `location`, `direction` | bytes of messages on sockets |
//!
//! Neither ever holds an argument, a value, a user or a secret.

mod address;
mod builder;
mod byod;
mod calls;
pub mod codec;
mod deployment;
mod error;
#[doc(hidden)]
pub mod internals;
mod redact;
mod routing;
mod telemetry;
mod users;

pub use builder::ByodBuilder;
#[cfg(feature = "axum")]
pub use byod::bearer_token;
pub use byod_schema::{FunctionType, Location, Manifest, Members, Refusal, Value};
pub use calls::Session;
pub use calls::relay;
pub use deployment::Bundle;
pub use deployment::Client;
pub use deployment::Released;
pub use deployment::{DeployKey, Token};
pub use error::ConnectionProblem;
#[cfg(feature = "axum")]
pub use error::ProblemDetails;
pub use error::{Call, Claim, Deployment, Error, ErrorData, Outcome, Said};
pub use routing::RoutedClient;
pub use routing::{BringData, Brought, Connect, Disconnected, LeftBehind};
pub use routing::{Byod, ConnectionTest};
pub use routing::{ChangedUsers, UserChanges};
pub use routing::{Delivered, RefusedRow, Swept};
pub use routing::{DeployProblem, DeployTogether, Deployed, Pushed};
pub use routing::{
    Direction, KeepFor, LeftDocument, Move, MovePhase, MoveReport, PlannedMove, PlannedTable,
    Resumed,
};
pub use routing::{
    HistoryEntry, HistoryKind, KeptRollout, RolloutProgress, RolloutState, WaveProgress,
};
pub use routing::{Rollout, Rollouts};
pub use routing::{Router, TableInfo};
pub use routing::{UserRecord, UserStatus};
pub use users::{
    ConnectionStatus, Credentials, EncryptionKey, Keyring, Moving, Opened, OpenedBy, Records,
    Resealed, SealedCredentials, Subject, UserDatabaseConfig, UserId,
};

pub use byod_macros::{byod_module, byod_table, functions, table, tables};
pub use calls::PaginatedQuery;
pub use calls::{Action, Mutation, Query, Routed};
pub use calls::{Batch, Queries};
pub use calls::{Items, Pages};
pub use calls::{Live, LivePages, LiveQueries, LiveRouted, LoadedPages};
pub use codec::validators as v;
pub use codec::{
    Doc, DocumentId, Field, FunctionInfo, Id, Name, OptionalField, Page, PageStatus, Runs, Table,
    TableName, Timestamp, TimestampError, Unknown, UnknownValue,
};
/// What [`ByodBuilder::http_client`] takes, in the version that it takes.
#[cfg(feature = "reqwest")]
pub use reqwest;
