use super::stopped;
use super::variants::Error;

/// What is known about the execution of a call that gave an [`Error`].
///
/// ```
/// use byod_runtime::{Error, Outcome};
///
/// fn said(error: &Error) -> &'static str {
///     match error.outcome() {
///         Outcome::NotExecuted => "Nothing was saved. Please try again.",
///         Outcome::Executed => "It was refused.",
///         Outcome::Unknown => "It may have been saved: look before you try again.",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The function certainly did not run: sending the call again can't run it twice.
    NotExecuted,
    /// The function ran to its end; a mutation that threw has been rolled back.
    Executed,
    /// The function may or may not have run.
    Unknown,
}

impl Error {
    /// Whether the function ran, as far as is known; of a call that was sent more than
    /// once, in any of the attempts.
    pub fn outcome(&self) -> Outcome {
        match self.outcome_of_attempt() {
            Outcome::NotExecuted if self.call().is_some_and(|call| call.perhaps_ran) => {
                Outcome::Unknown
            }
            outcome => outcome,
        }
    }

    fn outcome_of_attempt(&self) -> Outcome {
        match self {
            Self::Config { .. }
            | Self::Entered { .. }
            | Self::Argument { .. }
            | Self::Unauthenticated { .. }
            | Self::NoRecord { .. }
            | Self::Credentials { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Rejected { .. }
            | Self::Blocked { .. }
            | Self::Claim { .. }
            | Self::WrongOwner { .. }
            | Self::NotServed { .. }
            | Self::RolloutRefused { .. }
            | Self::Moving { .. }
            | Self::NotMoved { .. }
            | Self::DeploymentChanged { .. }
            | Self::Busy { .. }
            | Self::SchemaOutdated { .. }
            | Self::Record { .. }
            | Self::Copies { .. }
            | Self::RecordChanged { .. }
            | Self::Encode { .. } => Outcome::NotExecuted,
            Self::Timeout { connecting, .. } if *connecting => Outcome::NotExecuted,
            Self::Status { status, code, .. } => status_outcome(*status, code.as_deref()),
            Self::Function { message, .. } if stopped::sentence(message).is_some() => {
                Outcome::NotExecuted
            }
            Self::Function { .. } => Outcome::Executed,
            Self::Answer { executed, .. } if *executed => Outcome::Executed,
            Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::TooLarge { .. }
            | Self::TooManyValues { .. }
            | Self::Answer { .. } => Outcome::Unknown,
        }
    }

    /// Whether the same call, sent again, may succeed and can do no harm: the
    /// cause is transient, and it is a query, a mutation with an idempotency key, or
    /// has certainly not been executed.
    pub fn is_retryable(&self) -> bool {
        let repeatable = self.call().is_some_and(|call| call.repeatable);
        self.is_transient() && (repeatable || self.outcome() == Outcome::NotExecuted)
    }

    /// Whether its cause may pass.
    fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::Moving { .. }
            | Self::Busy { .. } => true,
            Self::Status { status, .. } => is_of_the_moment(*status),
            Self::Answer { executed, .. } => !executed,
            Self::Record { source, .. } => source.is_retryable(),
            // Bringing them there again does no harm, whatever came of it.
            Self::Copies { source, .. } => source.is_transient(),
            _ => false,
        }
    }
}

/// Whether a status speaks of the moment: a request that came too early, too late or too
/// often, and whatever a server says of itself, or a CDN of it (520 to 530), but that it
/// will never take such a request.
fn is_of_the_moment(status: u16) -> bool {
    match status {
        408 | 425 | 429 => true,
        // Not implemented, the version of HTTP, no variant, a loop, no extension, a network
        // that wants to be logged in to.
        501 | 505 | 506 | 508 | 510 | 511 => false,
        _ => (500..=599).contains(&status),
    }
}

/// A status settles the outcome only where HTTP or the deployment's code says
/// that the request was turned away before it was processed.
fn status_outcome(status: u16, code: Option<&str>) -> Outcome {
    match (status, code) {
        (400 | 401 | 403..=405 | 411 | 413..=415 | 421 | 425 | 426 | 429 | 431, _)
        | (503, Some("RejectedBeforeExecution")) => Outcome::NotExecuted,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Endpoint;
    use crate::error::test_error::call;

    fn status(endpoint: Endpoint, status: u16, code: Option<&str>) -> Error {
        Error::Status {
            call: call(endpoint),
            status,
            code: code.map(Into::into),
            message: "".into(),
            retry_after: None,
        }
    }

    #[test]
    fn a_mutation_is_retryable_only_if_it_certainly_did_not_run() {
        use Endpoint::{Function, Mutation, Query};
        use Outcome::{NotExecuted, Unknown};
        for (code, name, outcome, query, mutation) in [
            (400, None, NotExecuted, false, false),
            (404, None, NotExecuted, false, false),
            (408, None, Unknown, true, false),
            (409, None, Unknown, false, false),
            (429, None, NotExecuted, true, true),
            (500, None, Unknown, true, false),
            (502, None, Unknown, true, false),
            (503, None, Unknown, true, false),
            (
                503,
                Some("RejectedBeforeExecution"),
                NotExecuted,
                true,
                true,
            ),
            (504, None, Unknown, true, false),
            (501, None, Unknown, false, false),
            (505, None, Unknown, false, false),
            (511, None, Unknown, false, false),
            (520, None, Unknown, true, false),
            (521, None, Unknown, true, false),
            (524, None, Unknown, true, false),
            (527, None, Unknown, true, false),
            (530, None, Unknown, true, false),
            (599, None, Unknown, true, false),
            (600, None, Unknown, false, false),
        ] {
            let error = status(Mutation, code, name);
            assert_eq!(error.outcome(), outcome, "{code}");
            assert_eq!(error.is_retryable(), mutation, "{code}");
            assert_eq!(status(Function, code, name).is_retryable(), mutation);
            assert_eq!(status(Query, code, name).is_retryable(), query, "{code}");
        }
    }
}
