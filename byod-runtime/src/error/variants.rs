use std::sync::Arc;
use std::time::Duration;

use byod_schema::Refusal;

use super::call::{Call, Deployment};
use super::claim::Claim;
use super::data::ErrorData;
use super::text::Shown;
use super::words::{Elapsed, Of, Refused, Switched, Unanswered};

/// How the parts of the HTTP client fail.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a call, or the routing before it, did not give a value.
///
/// Every variant that concerns a call holds a [`Call`]: which function, on which
/// deployment. None ever holds a secret. Prints on one line, whatever a deployment
/// or a user wrote: line breaks are escaped. Cheap to clone.
///
/// ```
/// use byod_runtime::{Error, Outcome};
///
/// /// The status to answer with, and whether it is worth saying that nothing was done.
/// fn answer(error: &Error) -> (u16, bool) {
///     (error.http_status(), error.outcome() == Outcome::NotExecuted)
/// }
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing or can't be used, or the service's own code asks for what
    /// there is not: for its operator, not for its users.
    #[error("configuration: {}", Shown(.message))]
    Config {
        /// What is wrong, and how to set it right.
        message: Box<str>,
    },

    /// What a user entered as their deployment can't be one: its URL, or its deploy key.
    /// Nothing was sent or stored; the message may be shown to the user.
    #[error("{}", Shown(.message))]
    Entered {
        /// What is wrong, and how to set it right. Holds nothing of what was entered.
        message: Box<str>,
    },

    /// A value that comes from whoever calls the service can't be used: an id that is
    /// nobody's, or an idempotency key that is too long. Nothing was sent.
    #[error("{}", Shown(.message))]
    Argument {
        /// What is wrong.
        message: Box<str>,
    },

    /// A token is nobody's who is signed up: it is malformed, has run out, is of an auth
    /// provider that main doesn't trust, or its user isn't known there
    /// ([`Byod::session_for`](crate::Byod::session_for)). What a service answers with is the
    /// HTTP status 401.
    #[error("not signed in: {}", Shown(.reason))]
    Unauthenticated {
        /// What main said, or what is wrong with the token. Holds nothing of it.
        reason: Box<str>,
        /// Whether main takes the token, and knows no user by it: who it is of is signed in, and hasn't signed up.
        is_stranger: bool,
    },

    /// The user has no record of an own deployment: they have never connected one.
    #[error("the user `{}` has no record of an own deployment; `Byod::connect` makes one", Shown(.user))]
    NoRecord {
        /// The user's id.
        user: Arc<str>,
    },

    /// A user's stored credentials could not be decrypted: malformed, changed, or
    /// sealed with another key.
    #[error("credentials{}: {}", Of(.user), Shown(.reason))]
    Credentials {
        /// The user whose record it is, where known.
        user: Option<Arc<str>>,
        /// The field of the record at fault.
        field: &'static str,
        /// What is wrong with it; names the field.
        reason: Box<str>,
    },

    /// No connection could be made, so nothing was sent.
    #[error("{call}: can't connect: {}", Shown(.reason))]
    Connect {
        /// The call.
        call: Box<Call>,
        /// What the network said.
        reason: Box<str>,
    },

    /// A time limit passed.
    #[error("{call}: {}", Elapsed(.connecting, .limit))]
    Timeout {
        /// The call.
        call: Box<Call>,
        /// The limit that passed.
        limit: Duration,
        /// Whether there was no connection yet, so that nothing was sent.
        connecting: bool,
    },

    /// TLS could not be set up, for example because of the certificate. Nothing was sent.
    #[error("{call}: no secure connection: {}", Shown(.reason))]
    Tls {
        /// The call.
        call: Box<Call>,
        /// What TLS said.
        reason: Box<str>,
    },

    /// The connection broke after (a part of) the call was sent.
    #[error("{call}: the connection broke before the answer was complete: {}", Shown(.reason))]
    Interrupted {
        /// The call.
        call: Box<Call>,
        /// What the network said.
        reason: Box<str>,
    },

    /// The deployment did not accept the token or deploy key: HTTP status 401 or 403.
    #[error("{call}: {}", Refused(.status, .code, .message))]
    Rejected {
        /// The call.
        call: Box<Call>,
        /// 401 or 403.
        status: u16,
        /// Convex's code, such as `BadDeployKey`.
        code: Option<Box<str>>,
        /// The message, shortened.
        message: Box<str>,
    },

    /// Any other HTTP status that is not the answer of a function.
    #[error("{call}: {}", Refused(.status, .code, .message))]
    Status {
        /// The call.
        call: Box<Call>,
        /// The HTTP status.
        status: u16,
        /// Convex's code, such as `RejectedBeforeExecution`, where the deployment answered.
        code: Option<Box<str>>,
        /// The message, shortened.
        message: Box<str>,
        /// How long the deployment asks to wait before another call (`Retry-After`).
        retry_after: Option<Duration>,
    },

    /// The answer is larger than the limit that is set.
    #[error(
        "{call}: the answer is larger than {limit} bytes; raise `answer_limit` or ask for less"
    )]
    TooLarge {
        /// The call.
        call: Box<Call>,
        /// The limit, in bytes.
        limit: usize,
    },

    /// The answer holds more values than the limit that is set: it would take far more
    /// memory than its size says.
    #[error(
        "{call}: the answer holds more than {limit} values; raise `value_limit` or ask for less"
    )]
    TooManyValues {
        /// The call.
        call: Box<Call>,
        /// The limit; see [`ByodBuilder::value_limit`](crate::ByodBuilder::value_limit).
        limit: usize,
    },

    /// The answer was not understood.
    #[error("{call}: {}", Shown(.reason))]
    Answer {
        /// The call.
        call: Box<Call>,
        /// What was found in it.
        reason: Box<str>,
        /// Whether it was sound as an answer, so that the function ran, and only
        /// its value does not fit the type that the caller asked for.
        executed: bool,
    },

    /// The function itself failed: it threw, or its arguments did not pass its validators.
    #[error("{call} failed: {}", Shown(.message))]
    Function {
        /// The call.
        call: Box<Call>,
        /// The function's message, of at most 4,096 characters.
        message: Box<str>,
        /// The data of a `ConvexError`; see [`Error::function_data`].
        data: Option<ErrorData>,
    },

    /// The user's deployment is marked as failing, so nothing is sent, neither
    /// there nor to main: that would split the user's data.
    #[error("{call}: blocked, the user's database has an error: {}", Shown(.reason))]
    Blocked {
        /// The call.
        call: Box<Call>,
        /// The stored reason.
        reason: Box<str>,
    },

    /// The user's deployment belongs to somebody else, or to nobody and could not be
    /// claimed for the user: it answers no call of theirs, and the function did not
    /// run. What a service answers with is the HTTP status 403.
    #[error("{call}: {}", Unanswered(.claim))]
    Claim {
        /// The call that was refused.
        call: Box<Call>,
        /// Whose the deployment is.
        claim: Claim,
    },

    /// The caller gave, under a name that `[user.inject]` says is the subject, somebody
    /// who is not the session's user, and the user has a deployment of their own: there
    /// it is always that user, so the call was not sent. What a service answers with is
    /// the HTTP status 403.
    #[error(
        "{call}: not sent, `{}` is not the user whose session it is, and on a user's own deployment nobody else can be the owner; give their subject or their id on main, or call it with the session of the user who is meant",
        Shown(.argument)
    )]
    WrongOwner {
        /// The call that was not sent.
        call: Box<Call>,
        /// The argument.
        argument: Box<str>,
    },

    /// A user who connected a deployment doesn't have this function: it touches their
    /// tables, but can't run where their data is. Nothing was sent, neither there nor to
    /// main, which would split the user's data. It is no use to send it again; what a
    /// service answers with is the HTTP status 501. `byod check` says what would make it
    /// served.
    #[error(
        "{call}: not served to users with a deployment of their own: it {}",
        Shown(.reason)
    )]
    NotServed {
        /// The call that was not sent; it names the function
        /// ([`Call::function_path`]).
        call: Box<Call>,
        /// Which kind of reason it is.
        refusal: Refusal,
        /// The reason, in words that complete "it …".
        reason: Box<str>,
    },

    /// A write to a table that the rollout allows only to be read on users' deployments,
    /// or any call of a function that touches tables of which only some are there yet.
    #[error("{call}: refused, {}", Switched(.table, .still_on_main))]
    RolloutRefused {
        /// The call.
        call: Box<Call>,
        /// The table.
        table: Box<str>,
        /// Whether it is still on main, while others that the function touches are not.
        still_on_main: bool,
    },

    /// The user's data is being moved ([`Byod::move_in`](crate::Byod::move_in)), so nothing is
    /// written there for now; what is read is answered. Nothing was sent: try again after
    /// that time. What a service answers with is the HTTP status 503.
    #[error("{call}: not sent, the user's data is being moved: try again in {} s", .retry_after.as_secs())]
    Moving {
        /// The call that was not sent.
        call: Box<Call>,
        /// When to try again.
        retry_after: Duration,
    },

    /// A user's data can't be moved, or isn't any more
    /// ([`Byod::move_in`](crate::Byod::move_in)). What was there is where it was.
    #[error("the data of the user `{}` is not moved: {}", Shown(.user), Shown(.reason))]
    NotMoved {
        /// The user's id.
        user: Arc<str>,
        /// Why, with what helps.
        reason: Box<str>,
    },

    /// The user connected or disconnected a deployment between two pages, and a
    /// cursor means nothing on another deployment. Nothing was sent: begin again
    /// with the first page.
    #[error(
        "{call}: the page before came from {before}, and its cursor means nothing on another deployment; begin again with the first page"
    )]
    DeploymentChanged {
        /// The call of the next page.
        call: Box<Call>,
        /// The deployment that the page before came from.
        before: Box<Deployment>,
    },

    /// So many calls to the user's deployment are under way, and as many waiting,
    /// that this one was not sent: the deployment hangs, or the limit
    /// ([`ByodBuilder::concurrency`](crate::ByodBuilder::concurrency)) is too low. Of a
    /// query that is to be watched: so many of the user are
    /// ([`ByodBuilder::live_subscriptions`](crate::ByodBuilder::live_subscriptions)).
    #[error("{call}: not sent, {limit} of the user's are under way already")]
    Busy {
        /// The call.
        call: Box<Call>,
        /// How many calls may be under way at once.
        limit: usize,
    },

    /// The user's deployment runs an older version of the schema than the call needs, so
    /// that it was not run: the function isn't there yet, or doesn't know one of the
    /// arguments. Below [`ByodBuilder::minimum_schema_version`](crate::ByodBuilder::minimum_schema_version)
    /// no call is sent at all.
    #[error(
        "{call}: the user's deployment has version {found} of the schema, version {minimum} is needed; deploy the present one there"
    )]
    SchemaOutdated {
        /// The call.
        call: Box<Call>,
        /// The deployment's version, from the user's record.
        found: u64,
        /// The version that will do: the one that this service was built with, or the
        /// builder's minimum.
        minimum: u64,
    },

    /// The user's record could not be read from main, so where the call goes is not
    /// known. Nothing was sent.
    #[error(
        "{} `{}`: not sent, because the user's record can't be read: {source}",
        .call.endpoint,
        Shown(.call.function_path())
    )]
    Record {
        /// The call that was not sent; its deployment is main, which was asked.
        call: Box<Call>,
        /// What came of the query for the record.
        source: Box<Error>,
    },

    /// The function reads copies of main's documents on the user's deployment
    /// (`mirror` in `byod.toml`), and they could not be brought there: main can't be
    /// asked while there are none yet, or the user's deployment doesn't take them. The
    /// call was not sent.
    #[error(
        "{call}: not sent, because what it reads of main's documents can't be brought to the user's deployment: {source}"
    )]
    Copies {
        /// The call that was not sent.
        call: Box<Call>,
        /// What came of reading them from main, or of writing them there.
        source: Box<Error>,
    },

    /// Somebody else changed the user's record meanwhile: other credentials were stored
    /// by another process, or the record was deleted. Nothing was written over that; look
    /// at what there is now, and do it again if it is still what the user wants.
    #[error(
        "the record of the user `{}` was changed by somebody else at the same time, so nothing was stored; look at its status and try again",
        Shown(.user)
    )]
    RecordChanged {
        /// The user's id.
        user: Arc<str>,
    },

    /// The arguments could not be written as JSON. Nothing was sent.
    #[error("{call}: the arguments can't be sent: {}", Shown(.reason))]
    Encode {
        /// The call.
        call: Box<Call>,
        /// What is wrong with them.
        reason: Box<str>,
    },
}

impl Error {
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::Config {
            message: message.into().into(),
        }
    }

    pub(crate) fn entered(message: impl Into<String>) -> Self {
        Self::Entered {
            message: message.into().into(),
        }
    }

    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::Argument {
            message: message.into().into(),
        }
    }

    pub(crate) fn unauthenticated(reason: impl Into<String>) -> Self {
        Self::Unauthenticated {
            reason: reason.into().into(),
            is_stranger: false,
        }
    }

    /// A path says nothing where the registry of functions is empty.
    pub(crate) fn no_functions() -> Self {
        Self::config(
            "no functions are known, so a path says nothing about where the function runs; \
             call `.functions(functions!())` on the `ByodBuilder`",
        )
    }

    pub(crate) fn record_changed(user: &str) -> Self {
        Self::RecordChanged { user: user.into() }
    }

    /// Names the user whose credentials could not be opened.
    pub(crate) fn of_user(mut self, id: &str) -> Self {
        if let Self::Credentials { user, .. } = &mut self {
            *user = Some(id.into());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Endpoint;
    use crate::error::test_error::call;

    #[test]
    fn a_message_says_what_was_called_where() {
        let error = Error::Timeout {
            call: call(Endpoint::Query),
            limit: Duration::from_secs(30),
            connecting: false,
        };
        assert_eq!(
            error.to_string(),
            "query `messages:list` on happy-animal-123.convex.cloud: no complete answer within 30s"
        );
        let error = Error::Status {
            call: call(Endpoint::Action),
            status: 503,
            code: Some("Overloaded".into()),
            message: "".into(),
            retry_after: None,
        };
        assert_eq!(
            error.to_string(),
            "action `messages:list` on happy-animal-123.convex.cloud: HTTP status 503 Overloaded"
        );
    }

    #[test]
    fn it_is_small() {
        assert!(size_of::<Error>() <= 64, "{}", size_of::<Error>());
    }
}
