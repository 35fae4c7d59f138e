//! What an error says of itself, beside its text.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::call::Call;
use super::variants::Error;

impl Error {
    /// The variant's name in small letters, as metrics have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Config { .. } => "config",
            Self::Entered { .. } => "entered",
            Self::Argument { .. } => "argument",
            Self::Unauthenticated { .. } => "unauthenticated",
            Self::NoRecord { .. } => "no_record",
            Self::Credentials { .. } => "credentials",
            Self::Connect { .. } => "connect",
            Self::Timeout { .. } => "timeout",
            Self::Tls { .. } => "tls",
            Self::Interrupted { .. } => "interrupted",
            Self::Rejected { .. } => "rejected",
            Self::Status { .. } => "status",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyValues { .. } => "too_many_values",
            Self::Answer { .. } => "answer",
            Self::Function { .. } => "function",
            Self::Blocked { .. } => "blocked",
            Self::Claim { .. } => "claim",
            Self::WrongOwner { .. } => "wrong_owner",
            Self::NotServed { .. } => "not_served",
            Self::RolloutRefused { .. } => "rollout_refused",
            Self::Moving { .. } => "moving",
            Self::NotMoved { .. } => "not_moved",
            Self::DeploymentChanged { .. } => "deployment_changed",
            Self::Busy { .. } => "busy",
            Self::SchemaOutdated { .. } => "schema_outdated",
            Self::Record { .. } => "record",
            Self::Copies { .. } => "copies",
            Self::RecordChanged { .. } => "record_changed",
            Self::Encode { .. } => "encode",
        }
    }

    /// The call it concerns, if it does concern one.
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Config { .. }
            | Self::Entered { .. }
            | Self::Argument { .. }
            | Self::Unauthenticated { .. }
            | Self::NoRecord { .. }
            | Self::Credentials { .. }
            | Self::NotMoved { .. }
            | Self::RecordChanged { .. } => None,
            Self::Connect { call, .. }
            | Self::Timeout { call, .. }
            | Self::Tls { call, .. }
            | Self::Interrupted { call, .. }
            | Self::Rejected { call, .. }
            | Self::Status { call, .. }
            | Self::TooLarge { call, .. }
            | Self::TooManyValues { call, .. }
            | Self::Answer { call, .. }
            | Self::Function { call, .. }
            | Self::Blocked { call, .. }
            | Self::Claim { call, .. }
            | Self::WrongOwner { call, .. }
            | Self::NotServed { call, .. }
            | Self::RolloutRefused { call, .. }
            | Self::Moving { call, .. }
            | Self::DeploymentChanged { call, .. }
            | Self::Busy { call, .. }
            | Self::SchemaOutdated { call, .. }
            | Self::Record { call, .. }
            | Self::Copies { call, .. }
            | Self::Encode { call, .. } => Some(call),
        }
    }

    /// How long the deployment asks to wait before another call: the header
    /// `Retry-After` of its answer.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::Moving { retry_after, .. } => Some(*retry_after),
            Self::Record { source, .. } | Self::Copies { source, .. } => source.retry_after(),
            _ => None,
        }
    }

    /// The data of the `ConvexError` that the function threw.
    ///
    /// `None` if this is no function error, or one without data. `Some(Err(_))`
    /// if the data does not fit `T`, which sees it in Convex's JSON encoding, as
    /// the values of [`Client`](crate::Client) are, or is more than
    /// [`ErrorData::LIMIT`](crate::ErrorData::LIMIT) bytes; [`Value`](crate::Value) fits whatever is one. It is parsed
    /// each time.
    pub fn function_data<T: DeserializeOwned>(&self) -> Option<Result<T, serde_json::Error>> {
        let Self::Function {
            data: Some(data), ..
        } = self
        else {
            return None;
        };
        Some(data.read())
    }
}

#[cfg(test)]
mod tests {
    use byod_schema::Value;

    use super::*;
    use crate::error::test_error::call;
    use crate::error::{Endpoint, ErrorData};

    #[test]
    fn function_data_has_the_callers_type() {
        let data: Value =
            serde_json::from_str(r#"{"code": 7, "big": {"$integer": "KgAAAAAAAAA="}}"#).unwrap();
        let error = Error::Function {
            call: call(Endpoint::Query),
            message: "no".into(),
            data: Some(ErrorData::try_from(&data).unwrap()),
        };
        #[derive(serde::Deserialize)]
        struct Data {
            code: u8,
        }
        assert_eq!(error.function_data::<Data>().unwrap().unwrap().code, 7);
        assert_eq!(error.function_data::<Value>().unwrap().unwrap(), data);
        assert!(error.function_data::<String>().unwrap().is_err());
        assert!(Error::config("x").function_data::<Value>().is_none());
    }
}
