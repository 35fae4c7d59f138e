use std::fmt;
use std::sync::Arc;

use byod_schema::{FunctionType, Location};

use super::cache::Connected;
use super::recovery::Observer;
use crate::byod::Byod;
use crate::calls::UserId;
use crate::deployment::Auth;
use crate::deployment::CallContext;
use crate::deployment::Client;

/// Which deployment answered, or will: main or the user's own. Cheap to clone.
///
/// Prints as `main (https://…)` or `the user's deployment (https://…)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deployment {
    location: Location,
    url: Arc<str>,
}

impl Deployment {
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

/// The client that calls go through, and the deployment it belongs to.
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
    /// The client that calls of this user go through; how they fail is observed.
    pub(crate) fn into_routed(self, byod: &Byod, user: &UserId) -> RoutedClient {
        match self {
            Self::Main(main) => main,
            Self::User(connected) => {
                let client = connected.client.clone();
                let observer = Observer::new(byod, user, connected);
                RoutedClient::new(Location::User, client.observed(observer))
            }
        }
    }

    pub(crate) fn client(&self) -> &Client {
        match self {
            Self::Main(main) => &main.client,
            Self::User(connected) => &connected.client,
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
        Deployment {
            location: self.location(),
            url: self.client().shared_url().clone(),
        }
    }
}

/// What is called, as far as routing is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) table: &'a str,
    pub(crate) location: Location,
    pub(crate) kind: FunctionType,
    /// For errors only.
    pub(crate) path: &'a str,
}

impl<'a> Wanted<'a> {
    /// What an error is about that happens before anything is sent.
    pub(crate) fn context(self, deployment: &'a str) -> CallContext<'a> {
        // Nothing has been sent that could come back.
        static NOTHING: Auth = Auth::None;
        CallContext {
            deployment,
            auth: &NOTHING,
            endpoint: self.kind.into(),
            path: self.path,
            repeatable: self.kind == FunctionType::Query,
            perhaps_ran: false,
            values: 0,
        }
    }
}

impl RoutedClient {
    pub(crate) fn new(location: Location, client: Client) -> Self {
        let url = client.shared_url().clone();
        Self {
            client,
            deployment: Deployment { location, url },
        }
    }
}
