//! Routes calls to the deployment that holds the table: the service's own (main),
//! or the one that a user brought along.
//!
//! [`Byod`] is made once, a [`Session`] per request; generated functions take the
//! session. [`Client`] calls one deployment and can be used alone.
//!
//! # What an operator sees
//!
//! Every call through a session is a `tracing` span `convex_call` with `table` (`*`
//! for a batch), `function`, `kind`, `location` (`main`, `user`, or `none` where
//! nothing was sent), `attempts`, `outcome` (`ok`, or [`Error::kind`]) and
//! `duration_ms`. Metrics go through the `metrics` facade:
//!
//! | metric | labels | what it counts |
//! | --- | --- | --- |
//! | `byod_calls_total` | `table`, `kind`, `location`, `outcome` | calls |
//! | `byod_call_duration_seconds` | `table`, `kind`, `location` | how long calls took, a histogram |
//! | `byod_retries_total` | `kind` | calls that were sent again |
//! | `byod_blocked_total` | | users whose deployment was blocked from then on |
//! | `byod_routes_total` | `result` | users' routes: `hit` and `miss` of the cache, and `stale` where main failed |
//!
//! Neither ever holds an argument, a value, a user or a secret.

mod address;
mod answer;
mod auth;
mod body;
mod byod;
mod call_context;
mod client;
mod config;
mod connection;
mod credentials;
mod deadline;
mod deployment;
mod endpoint;
mod error;
mod error_text;
mod global;
mod health;
mod http;
mod idempotency;
#[doc(hidden)]
pub mod internals;
mod limits;
mod outcome;
mod problem;
mod recovery;
mod retry;
mod rollout;
mod route;
mod route_cache;
mod router;
mod routing;
mod session;
mod shared_pools;
mod status;
mod telemetry;
#[cfg(test)]
mod test_error;
#[cfg(test)]
mod test_log;
mod text;

pub use auth::{DeployKey, Token};
pub use byod::Byod;
pub use byod_schema::{FunctionType, Location, Value};
pub use client::Client;
pub use config::ByodBuilder;
pub use connection::ConnectionTest;
pub use credentials::{
    ConnectionStatus, Credentials, EncryptionKey, Keyring, Opened, OpenedBy, Records, Resealed,
    SealedCredentials, UserDatabaseConfig,
};
pub use deployment::{Deployment, RoutedClient};
pub use error::{Call, Error};
pub use outcome::Outcome;
pub use problem::ConnectionProblem;
pub use rollout::{Rollout, Rollouts};
pub use router::{Router, TableInfo};
pub use session::{Session, Subject, UserId};
pub use status::{UserRecord, UserStatus};

// calls and typed values
mod batch;
mod call;
pub mod codec;
mod pages;
mod paginated;

pub use batch::{Batch, Queries};
pub use byod_macros::{byod_table, table, tables};
pub use call::{Action, Mutation, Query, Routed};
pub use codec::validators as v;
pub use codec::{
    Doc, DocumentId, Field, Id, Name, OptionalField, Page, PageStatus, Table, TableName, Timestamp,
    TimestampError, Unknown, UnknownValue,
};
pub use pages::{Items, Pages};
pub use paginated::PaginatedQuery;
