use std::fmt;

use super::auth::Auth;
use crate::error::{Call, EXPLANATION, Endpoint, Error, one_line};
use crate::redact::Secrets;

/// How much longer a text may be than what is kept of it on one line: pages of
/// proxies are made of space to a good part.
const SPACE: usize = 20;

/// What a [`Call`] is made of; borrowed, because most calls don't fail.
#[derive(Clone, Copy)]
pub(crate) struct CallContext<'a> {
    pub(crate) deployment: &'a str,
    /// What the deployment is sent, and may send back.
    pub(crate) auth: &'a Auth,
    pub(crate) endpoint: Endpoint,
    pub(crate) path: &'a str,
    /// Whether running it twice does no more than running it once.
    pub(crate) repeatable: bool,
    /// Whether it may have run already, when it was sent before.
    pub(crate) perhaps_ran: bool,
    /// How many values its answer may hold.
    pub(crate) values: usize,
    /// Where what is called is of a later version than the deployment runs.
    pub(crate) older: Option<Older>,
}

/// The deployment runs an older version of the schema than what is called there is of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Older {
    pub(crate) found: u64,
    pub(crate) wanted: u64,
    /// The arguments that it takes in its own version.
    pub(crate) takes: &'static [&'static str],
}

impl CallContext<'_> {
    pub(crate) fn call(self) -> Box<Call> {
        Box::new(Call {
            deployment: self.deployment.into(),
            endpoint: self.endpoint,
            path: self.path.into(),
            repeatable: self.repeatable,
            perhaps_ran: self.perhaps_ran,
        })
    }

    /// The same for a part of an answer whose values have been counted.
    pub(crate) fn counted(self) -> Self {
        Self {
            values: usize::MAX,
            ..self
        }
    }

    /// A text from outside as a part of an error: short, on one line, and without
    /// the secret that was sent.
    pub(crate) fn quote(self, text: &str) -> Box<str> {
        self.quote_at_most(text, EXPLANATION)
    }

    /// The same, of at most `limit` characters.
    pub(crate) fn quote_at_most(self, text: &str, limit: usize) -> Box<str> {
        let text = self.secrets().shortened(text, limit * SPACE);
        one_line(&text, limit).into()
    }

    /// What must be taken out of whatever the deployment says.
    pub(crate) fn secrets(self) -> Secrets {
        self.auth.secrets()
    }

    pub(crate) fn encode(self, reason: impl fmt::Display) -> Error {
        Error::Encode {
            call: self.call(),
            reason: reason.to_string().into(),
        }
    }
}
