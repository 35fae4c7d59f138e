//! What a service answers its own callers with.

use super::stopped;
use super::text::without_head;
use super::variants::Error;

/// How Convex begins to say that arguments are not what a function takes.
const ARGUMENTS: &str = "ArgumentValidationError";

impl Error {
    /// The HTTP status that fits as a service's answer to its own caller.
    ///
    /// | status | |
    /// | --- | --- |
    /// | 400 | the caller gave what can't be used: [`Error::Entered`], [`Error::Argument`], and of [`Error::Function`] a `ConvexError`, which is the app's own word for its caller, and arguments that the function's validators refuse |
    /// | 401 | [`Error::Unauthenticated`] |
    /// | 403 | [`Error::Claim`], [`Error::WrongOwner`] |
    /// | 404 | [`Error::NoRecord`] |
    /// | 409 | [`Error::RecordChanged`], [`Error::NotMoved`], [`Error::RolloutRefused`], [`Error::DeploymentChanged`] |
    /// | 500 | the service or main has a mistake: [`Error::Config`], [`Error::Credentials`], [`Error::Encode`], and of [`Error::Function`] what it didn't throw on purpose |
    /// | 501 | [`Error::NotServed`] |
    /// | 502 | an answer that is none: [`Error::Status`], [`Error::Answer`], [`Error::TooLarge`], [`Error::TooManyValues`] |
    /// | 503 | it can't be had at present: [`Error::Blocked`], [`Error::SchemaOutdated`], [`Error::Rejected`], [`Error::Busy`], [`Error::Moving`], [`Error::Connect`], [`Error::Tls`], [`Error::Record`], [`Error::Copies`], and a deployment that is paused or disabled |
    /// | 504 | [`Error::Timeout`], [`Error::Interrupted`] |
    ///
    /// ```
    /// # use byod_runtime::{Byod, Error};
    /// # async fn handler(byod: &Byod, url: String, key: String) -> Result<(), (u16, String)> {
    /// byod.connect("alice", "alice", &byod_runtime::Credentials::new(url, key))
    ///     .await
    ///     .map_err(|error| (error.http_status(), error.to_string()))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Entered { .. } | Self::Argument { .. } => 400,
            Self::Function { message, data, .. } => {
                if stopped::sentence(message).is_some() {
                    503
                } else if data.is_some() || refuses_arguments(message) {
                    400
                } else {
                    500
                }
            }
            Self::Unauthenticated { .. } => 401,
            Self::Claim { .. } | Self::WrongOwner { .. } => 403,
            Self::NoRecord { .. } => 404,
            Self::RecordChanged { .. }
            | Self::NotMoved { .. }
            | Self::RolloutRefused { .. }
            | Self::DeploymentChanged { .. } => 409,
            Self::Config { .. } | Self::Credentials { .. } | Self::Encode { .. } => 500,
            Self::NotServed { .. } => 501,
            Self::Status {
                code: Some(code), ..
            } if **code == *stopped::CODE => 503,
            Self::Status { .. }
            | Self::Answer { .. }
            | Self::TooLarge { .. }
            | Self::TooManyValues { .. } => 502,
            Self::Blocked { .. }
            | Self::SchemaOutdated { .. }
            | Self::Rejected { .. }
            | Self::Busy { .. }
            | Self::Moving { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Record { .. }
            | Self::Copies { .. } => 503,
            Self::Timeout { .. } | Self::Interrupted { .. } => 504,
        }
    }
}

/// Whether a function's message says that it didn't take its arguments. What a function
/// throws itself begins otherwise (`Uncaught Error: `).
fn refuses_arguments(message: &str) -> bool {
    without_head(message).starts_with(ARGUMENTS)
}

#[cfg(test)]
mod tests {
    use byod_schema::Value;

    use super::*;
    use crate::error::test_error::call;
    use crate::error::{Endpoint, ErrorData};

    fn function(message: &str, data: Option<&Value>) -> u16 {
        let error = Error::Function {
            call: call(Endpoint::Query),
            message: message.into(),
            data: data.map(|data| ErrorData::try_from(data).unwrap()),
        };
        error.http_status()
    }

    #[test]
    fn a_callers_mistake_is_told_from_a_bug() {
        for (message, status) in [
            (
                "ArgumentValidationError: Value does not match validator.",
                400,
            ),
            (
                "[Request ID: 0a1b] Server Error\nArgumentValidationError: Value does not match validator.\nPath: .id",
                400,
            ),
            ("[Request ID: 0a1b] Server Error", 500),
            (
                "[Request ID: 0a1b] Server Error\nUncaught TypeError: x is undefined",
                500,
            ),
            ("Uncaught Error: ArgumentValidationError: made up", 500),
            (
                "[Request ID: 0a1b] Server Error\nCannot run functions while this deployment is paused. Resume it.",
                503,
            ),
        ] {
            assert_eq!(function(message, None), status, "{message}");
        }
        let stopped = Error::Status {
            call: call(Endpoint::Query),
            status: 400,
            code: Some("BackendIsNotRunning".into()),
            message: "".into(),
            retry_after: None,
        };
        assert_eq!(stopped.http_status(), 503);
        let data: Value = serde_json::from_str("\"taken\"").unwrap();
        assert_eq!(function("Uncaught ConvexError: taken", Some(&data)), 400);
        assert_eq!(Error::unauthenticated("x").http_status(), 401);
        assert_eq!(Error::config("x").http_status(), 500);
        assert_eq!(Error::entered("x").http_status(), 400);
        assert_eq!(Error::argument("x").http_status(), 400);
    }
}
