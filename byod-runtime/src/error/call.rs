//! What was called, and where: errors name it, and so do spans and metrics.

use std::fmt;
use std::sync::Arc;

use byod_schema::{FunctionType, Location};

use super::text::Shown;

/// Prints as ``query `messages:list` on happy-animal-123.convex.cloud``.
///
/// ```
/// use byod_runtime::Error;
///
/// /// Which function it was, for a log that names no deployment.
/// fn function(error: &Error) -> &str {
///     error.call().map_or("none", |call| call.function_path())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub(crate) deployment: Arc<str>,
    pub(crate) endpoint: Endpoint,
    pub(crate) path: Box<str>,
    /// Whether running it twice does no more than running it once.
    pub(crate) repeatable: bool,
    /// Whether it may have run already, when it was sent before.
    pub(crate) perhaps_ran: bool,
}

impl Call {
    /// The deployment's host, with its port where the URL names one.
    pub fn deployment(&self) -> &str {
        &self.deployment
    }

    /// The function path (of a batch: those of all its functions, each once,
    /// separated by commas); the table's name where no function was called, only a
    /// client asked for.
    pub fn function_path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} `{}` on {}",
            self.endpoint,
            Shown(&self.path),
            self.deployment
        )
    }
}

/// Which deployment answered, or will: main or the user's own. Cheap to clone.
///
/// Prints as `main (https://…)` or `the user's deployment (https://…)`.
///
/// ```
/// use byod_runtime::{Deployment, Location};
///
/// fn badge(deployment: &Deployment) -> &'static str {
///     match deployment.location() {
///         Location::User => "in your own database",
///         Location::Main => "with us",
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deployment {
    location: Location,
    url: Arc<str>,
}

impl Deployment {
    pub(crate) fn new(location: Location, url: Arc<str>) -> Self {
        Self { location, url }
    }

    /// Main or user.
    pub fn location(&self) -> Location {
        self.location
    }

    /// Whether it is the user's own.
    pub fn is_user(&self) -> bool {
        self.location == Location::User
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.location {
            Location::Main => "main",
            Location::User => "the user's deployment",
        };
        write!(f, "{name} ({})", self.url)
    }
}

/// Where under `/api/` a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Query,
    Mutation,
    Action,
    Function,
    /// A function of whatever kind, which the path of the URL names.
    Run,
    QueryBatch,
    /// The present moment of the database, and a query at a moment.
    QueryTs,
    QueryAtTs,
    /// The socket on which queries are watched.
    Sync,
    /// The steps of a push.
    StartPush,
    WaitForSchema,
    FinishPush,
}

impl Endpoint {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Query => "/api/query",
            Self::Mutation => "/api/mutation",
            Self::Action => "/api/action",
            Self::Function => "/api/function",
            Self::Run => "/api/run",
            Self::QueryBatch => "/api/query_batch",
            Self::QueryTs => "/api/query_ts",
            Self::QueryAtTs => "/api/query_at_ts",
            Self::Sync => "/api/sync",
            Self::StartPush => "/api/deploy2/start_push",
            Self::WaitForSchema => "/api/deploy2/wait_for_schema",
            Self::FinishPush => "/api/deploy2/finish_push",
        }
    }

    /// As spans and metrics name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Action => "action",
            Self::Function => "function",
            Self::Run => "run",
            Self::QueryBatch => "query_batch",
            Self::QueryTs => "query_ts",
            Self::QueryAtTs => "query_at_ts",
            Self::Sync => "sync",
            Self::StartPush => "start_push",
            Self::WaitForSchema => "wait_for_schema",
            Self::FinishPush => "finish_push",
        }
    }

    pub(crate) fn only_reads(self) -> bool {
        match self {
            Self::Query | Self::QueryBatch | Self::QueryTs | Self::QueryAtTs | Self::Sync => true,
            // One that is begun again takes the place of the one before.
            Self::StartPush | Self::WaitForSchema => true,
            Self::Mutation | Self::Action | Self::Function | Self::Run | Self::FinishPush => false,
        }
    }
}

impl From<FunctionType> for Endpoint {
    fn from(kind: FunctionType) -> Self {
        match kind {
            FunctionType::Query => Self::Query,
            FunctionType::Mutation => Self::Mutation,
            FunctionType::Action => Self::Action,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Action => "action",
            Self::Function | Self::Run => "function",
            Self::QueryBatch => "query batch",
            Self::QueryTs => "moment",
            Self::QueryAtTs => "query at a moment",
            Self::Sync => "socket",
            Self::StartPush | Self::WaitForSchema | Self::FinishPush => "push",
        })
    }
}
