//! The answers of Convex's HTTP API.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use byod_runtime::Error;
use byod_schema::Value;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::failure::{self, Failure};

/// The HTTP status of a function that failed.
const FUNCTION_FAILED: u16 = 560;

/// Says in an answer which deployment it comes from: `main` or `user`.
pub(crate) const ANSWERED_BY: HeaderName = HeaderName::from_static("byod-deployment");

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Format {
    /// `convex_encoded_json`, which loses nothing.
    Encoded,
    /// `json`: int64 and special floats as text, bytes as base64.
    Clean,
}

impl Format {
    pub(super) fn named(name: Option<&str>) -> Result<Self, Refused> {
        match name {
            Some("convex_encoded_json") => Ok(Self::Encoded),
            Some("json") | None => Ok(Self::Clean),
            Some(_) => Err(Refused::bad_request(
                "BadFormat",
                "`format` is neither `json` nor `convex_encoded_json`",
            )),
        }
    }

    fn of(self, value: Box<RawValue>) -> Result<Box<RawValue>, serde_json::Error> {
        match self {
            Self::Encoded => Ok(value),
            Self::Clean => {
                let value: Value = serde_json::from_str(value.get())?;
                to_raw_value(&value.clean())
            }
        }
    }
}

/// A request that reached no function: `{"code", "message"}`.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = serde_json::json!({"code": self.code, "message": self.message});
        json(self.status, &body)
    }
}

/// More calls are under way than may be: of all, or of the one who calls.
pub(crate) fn too_many(status: StatusCode) -> Response {
    let whose = match status {
        StatusCode::TOO_MANY_REQUESTS => "of yours as it may",
        _ => "as it may",
    };
    let mut response = Refused {
        status: status.as_u16(),
        code: "TooManyConcurrentRequests".to_owned(),
        message: format!("This gateway answers as many calls {whose}. Try again soon."),
    }
    .into_response();
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

#[derive(Serialize)]
#[serde(
    tag = "status",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
enum Answer {
    Success {
        value: Box<RawValue>,
        log_lines: [(); 0],
    },
    Error {
        error_message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        error_data: Option<Box<RawValue>>,
        log_lines: [(); 0],
    },
}

/// A value, and which deployment it comes from.
pub(super) fn success(value: Box<RawValue>, is_users: bool, format: Format) -> Response {
    let Ok(value) = format.of(value) else {
        return Refused {
            status: 502,
            code: "BadAnswer".to_owned(),
            message: "the deployment gave what is no Convex value".to_owned(),
        }
        .into_response();
    };
    let answer = Answer::Success {
        value,
        log_lines: [],
    };
    let mut response = json(200, &answer);
    let by = if is_users { "user" } else { "main" };
    let headers = response.headers_mut();
    headers.insert(ANSWERED_BY, HeaderValue::from_static(by));
    response
}

/// What a client is told of a call that gave no value.
pub(super) fn failure(error: &Error, main: &str, format: Format) -> Response {
    match failure::of(error, main) {
        Failure::Function { message, data } => {
            let data = data.and_then(|data| format.of(data).ok());
            let answer = Answer::Error {
                error_message: message,
                error_data: data,
                log_lines: [],
            };
            json(FUNCTION_FAILED, &answer)
        }
        Failure::Refused {
            status,
            code,
            message,
        } => Refused {
            status,
            code,
            message,
        }
        .into_response(),
    }
}

fn json(status: u16, body: &impl Serialize) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = HeaderValue::from_static("application/json");
    let body = serde_json::to_vec(body).unwrap_or_default();
    (status, [(CONTENT_TYPE, kind)], body).into_response()
}
