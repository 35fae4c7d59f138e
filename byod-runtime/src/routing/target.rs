use std::sync::Arc;

use byod_schema::{FunctionType, Location};

use super::cache::Connected;
use crate::codec::{FunctionInfo, Runs};
use crate::deployment::{Auth, CallContext, Client, Older};
use crate::error::{Deployment, Endpoint};

/// The client that calls go through, and the deployment it belongs to. It sends what it
/// is given: see [`Byod::client_for_table`](crate::Byod::client_for_table).
///
/// ```
/// use byod_runtime::{Byod, Error, FunctionType};
/// use serde_json::{Value, json};
///
/// async fn count(byod: &Byod, table: &str, user_id: &str) -> Result<f64, Error> {
///     let routed = byod.client_for_table(table, user_id, FunctionType::Query).await?;
///     println!("asking {}", routed.deployment);
///     routed.client.query(&format!("{table}:count"), &json!({})).await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RoutedClient {
    /// The client, with its authorization.
    pub client: Client,
    /// Where its calls go.
    pub deployment: Deployment,
}

/// Where a call goes.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Main(RoutedClient),
    User(Arc<Connected>),
}

impl Target {
    pub(crate) fn client(&self) -> &Client {
        match self {
            Self::Main(main) => &main.client,
            Self::User(connected) => &connected.client,
        }
    }

    /// What a call of the function there is about.
    pub(crate) fn context(
        &self,
        endpoint: impl Into<Endpoint>,
        function: &FunctionInfo,
    ) -> CallContext<'_> {
        let wanted = function.schema_version;
        let older = match self {
            Self::User(connected) if connected.schema_version < wanted => Some(Older {
                found: connected.schema_version,
                wanted,
                takes: function.takes,
            }),
            _ => None,
        };
        CallContext {
            older,
            ..self.client().context(endpoint, function.path)
        }
    }

    pub(crate) fn is_user(&self) -> bool {
        matches!(self, Self::User(_))
    }

    /// Whether it is the same deployment, called with the same key.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Main(_), Self::Main(_)) => true,
            (Self::User(one), Self::User(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    pub(crate) fn location(&self) -> Location {
        match self {
            Self::Main(_) => Location::Main,
            Self::User(_) => Location::User,
        }
    }

    pub(crate) fn deployment(&self) -> Deployment {
        Deployment::new(self.location(), self.client().shared_url().clone())
    }
}

/// What is called, as far as routing is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Where it runs for connected users.
    pub(crate) runs: Runs,
    /// The users' tables whose rollout counts.
    pub(crate) switches: &'a [&'a str],
    /// What stands for the table where it touches none.
    pub(crate) table: &'a str,
    pub(crate) endpoint: Endpoint,
    /// For errors only.
    pub(crate) path: &'a str,
}

impl Wanted<'static> {
    /// What a call of the function needs to be routed.
    pub(crate) fn of(function: &'static FunctionInfo, kind: FunctionType) -> Self {
        Self {
            runs: function.runs,
            switches: function.switches,
            table: function.table,
            endpoint: kind.into(),
            path: function.path,
        }
    }
}

impl<'a> Wanted<'a> {
    /// What an error is about that happens before anything is sent.
    pub(crate) fn context(self, deployment: &'a str) -> CallContext<'a> {
        // Nothing has been sent that could come back.
        static NOTHING: Auth = Auth::None;
        CallContext {
            deployment,
            auth: &NOTHING,
            endpoint: self.endpoint,
            path: self.path,
            repeatable: self.endpoint.only_reads(),
            perhaps_ran: false,
            values: 0,
            older: None,
        }
    }
}

impl RoutedClient {
    pub(crate) fn new(location: Location, client: Client) -> Self {
        let url = client.shared_url().clone();
        Self {
            client,
            deployment: Deployment::new(location, url),
        }
    }
}
