//! The bodies of requests and answers, as JSON, and the answer of a request that is refused.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::core::Core;
use crate::auth::Refusal;
use crate::error::FunctionError;

/// A request that reached no function: the answer is `{"code", "message"}`.
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }
}

/// The body of a request, of at most that many bytes.
pub(super) async fn read(request: Request<Incoming>, largest: usize) -> Result<Bytes, Refused> {
    let content_type = request.headers().get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let content_type = content_type.and_then(|value| value.split(';').next());
    if !content_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json")) {
        return Err(Refused::bad_request(
            "BadJsonBody",
            "Expected request with `Content-Type: application/json`",
        ));
    }
    let body = Limited::new(request.into_body(), largest).collect();
    match body.await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLarge",
            format!("The body is larger than {largest} bytes"),
        )),
        Err(error) => Err(Refused::bad_request("BadJsonBody", error.to_string())),
    }
}

pub(super) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        let message = match error.is_data() {
            true => "Failed to deserialize the JSON body into the target type",
            false => "Failed to parse the request body as JSON",
        };
        Refused::bad_request("BadJsonBody", format!("{message}: {error}"))
    })
}

/// What is wrong with the arguments of a call, for `parse` leaves them as they are written.
pub(super) fn arguments(path: &str, error: &serde_json::Error) -> Result<FunctionError, Refused> {
    let why = error.to_string();
    // Where in the arguments it is says nothing of where it is in the body.
    let why = why.rsplit_once(" at line ").map_or(&*why, |(why, _)| why);
    if error.is_data() {
        let message = format!("Invalid arguments for {path}: {why}");
        return Ok(FunctionError::Refused(message));
    }
    let message = format!("Failed to parse the arguments for {path} as JSON: {why}");
    Err(Refused::bad_request("BadJsonBody", message))
}

/// A caller who is not who they say, told so.
pub(super) fn refusal(core: &Core, why: Refusal) -> Refused {
    let (status, code) = match why {
        Refusal::Malformed => (StatusCode::BAD_REQUEST, "HeaderParseFailure"),
        Refusal::Token => (StatusCode::UNAUTHORIZED, "Unauthenticated"),
        Refusal::DeployKey => (StatusCode::FORBIDDEN, "BadDeployKey"),
    };
    Refused::new(status, code, why.message(&core.name))
}

pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response<Full<Bytes>> {
    // The types of an answer have no map with keys that are not strings.
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
