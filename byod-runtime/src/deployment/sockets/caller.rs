use std::sync::Arc;

use byod_schema::Location;

use super::token_source::TokenSource;
use crate::deployment::client::Client;

/// Whom a watcher's queries are run as.
pub(crate) struct Caller<'a> {
    pub(crate) client: &'a Client,
    /// Whose token the client has, if it has any.
    pub(crate) user: &'a str,
    pub(crate) location: Location,
    /// Gives later tokens.
    pub(crate) source: Option<&'a Arc<TokenSource>>,
}
