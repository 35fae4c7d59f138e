//! The answers of the HTTP API, and the two forms of a value in them.

use byod_schema::Value;
use serde::{Serialize, Serializer};

use crate::error::FunctionError;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Format {
    /// `convex_encoded_json`, which loses nothing.
    Encoded,
    /// `json`: int64 and special floats as text, bytes as base64.
    Clean,
}

/// What came of a call.
#[derive(Serialize)]
#[serde(tag = "status", rename_all = "camelCase")]
pub(crate) enum Answer {
    #[serde(rename_all = "camelCase")]
    Success {
        value: Formatted,
        log_lines: [&'static str; 0],
    },
    #[serde(rename_all = "camelCase")]
    Error {
        error_message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        error_data: Option<Formatted>,
        log_lines: [&'static str; 0],
    },
}

impl Answer {
    pub(crate) fn new(result: Result<Value, FunctionError>, format: Format) -> Self {
        match result {
            Ok(value) => Self::Success {
                value: Formatted(value, format),
                log_lines: [],
            },
            Err(error) => Self::Error {
                error_message: error.to_string(),
                error_data: error.data().cloned().map(|data| Formatted(data, format)),
                log_lines: [],
            },
        }
    }
}

/// The answer of `query_batch`.
#[derive(Serialize)]
pub(crate) struct Batch {
    pub(crate) results: Vec<Answer>,
}

/// The answer of `query_ts`.
#[derive(Serialize)]
pub(crate) struct Timestamp {
    pub(crate) ts: String,
}

pub(crate) struct Formatted(Value, Format);

impl Serialize for Formatted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Format::Encoded => self.0.serialize(serializer),
            Format::Clean => self.0.clean().serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(result: Result<Value, FunctionError>, format: Format) -> serde_json::Value {
        serde_json::to_value(Answer::new(result, format)).unwrap()
    }

    #[test]
    fn values_in_both_formats() {
        let encoded = json!({
            "int": {"$integer": "KgAAAAAAAAA="},
            "bytes": {"$bytes": "ABCD"},
            "special": [{"$float": "AAAAAAAA+H8="}, {"$float": "AAAAAAAA8P8="}],
            "plain": [1, "a", true, null],
        });
        let value: Value = serde_json::from_value(encoded.clone()).unwrap();
        assert_eq!(
            answer(Ok(value.clone()), Format::Encoded),
            json!({"status": "success", "value": encoded, "logLines": []})
        );
        assert_eq!(
            answer(Ok(value), Format::Clean)["value"],
            json!({"int": "42", "bytes": "ABCD", "special": ["NaN", "-Infinity"], "plain": [1, "a", true, null]})
        );
    }

    #[test]
    fn errors_carry_data_only_where_it_was_thrown() {
        assert_eq!(
            answer(Err("no".into()), Format::Encoded),
            json!({"status": "error", "errorMessage": "Uncaught Error: no", "logLines": []})
        );
        assert_eq!(
            answer(Err(FunctionError::convex(7_i64)), Format::Encoded),
            json!({
                "status": "error",
                "errorMessage": "Uncaught ConvexError: {\"$integer\":\"BwAAAAAAAAA=\"}",
                "errorData": {"$integer": "BwAAAAAAAAA="},
                "logLines": []
            })
        );
    }
}
