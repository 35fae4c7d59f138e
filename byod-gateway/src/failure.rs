//! What a Convex client is told of a call that gave no value.

use byod_runtime::Error;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

/// What a Convex client is told.
pub(crate) enum Failure {
    /// A function failed, or the user's database can't be used: then it is a `ConvexError` whose data is
    /// `{"byod": <kind>, "reason": <text>}`.
    Function {
        message: String,
        /// In Convex's JSON encoding.
        data: Option<Box<RawValue>>,
    },
    /// No function was reached, by main's doing or the gateway's.
    Refused {
        status: u16,
        code: String,
        message: String,
    },
}

/// What a client is told of an error; `main` is main's host.
pub(crate) fn of(error: &Error, main: &str) -> Failure {
    match error {
        Error::Function { message, data, .. } => Failure::Function {
            message: message.to_string(),
            data: data.as_ref().and_then(|data| to_raw_value(data).ok()),
        },
        Error::Blocked { reason, .. } | Error::NotServed { reason, .. } => {
            users(error.kind(), reason)
        }
        Error::Credentials { .. } => {
            tracing::error!(%error, "a user's credentials can't be opened");
            users(
                error.kind(),
                "what is stored of your database can't be opened",
            )
        }
        Error::Claim { .. }
        | Error::WrongOwner { .. }
        | Error::RolloutRefused { .. }
        | Error::Moving { .. }
        | Error::DeploymentChanged { .. }
        | Error::Busy { .. }
        | Error::SchemaOutdated { .. }
        | Error::Copies { .. } => users(error.kind(), &error.to_string()),
        Error::Rejected {
            call,
            status,
            code,
            message,
        } if call.deployment() == main => Failure::Refused {
            status: *status,
            code: code.as_deref().unwrap_or("Unauthenticated").to_owned(),
            message: message.to_string(),
        },
        _ => match error.call() {
            Some(call) if call.deployment() != main => users(error.kind(), &error.to_string()),
            _ => refused(error),
        },
    }
}

fn users(kind: &str, reason: &str) -> Failure {
    let data = json!({"byod": kind, "reason": reason});
    Failure::Function {
        message: format!("Uncaught ConvexError: {data}"),
        data: to_raw_value(&data).ok(),
    }
}

fn refused(error: &Error) -> Failure {
    let status = error.http_status();
    let message = if status == 500 {
        tracing::error!(%error, "a call can't be made");
        "The service has a mistake, which its operators are told of.".to_owned()
    } else {
        error.to_string()
    };
    Failure::Refused {
        status,
        code: error.kind().to_owned(),
        message,
    }
}
