use std::fmt;
use std::sync::Arc;

use byod_schema::Location;

use crate::client::Client;

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

impl RoutedClient {
    pub(crate) fn new(location: Location, client: Client) -> Self {
        let url = client.shared_url().clone();
        Self {
            client,
            deployment: Deployment { location, url },
        }
    }
}
