//! Errors as `application/problem+json` (RFC 9457), for services on `axum`.

use std::time::Duration;

use axum_core::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::variants::Error;

/// Why a request wasn't done, as `application/problem+json` (RFC 9457).
///
/// The body is `{"type": "about:blank", "title", "status", "detail", "code"}`, where `title` is the
/// status in words and `code` for programs; with `data` where a function threw a `ConvexError`.
/// There is a `Retry-After` where it is known when to try again.
///
/// Of an [`Error`], `status` is [`Error::http_status`], `code` is [`Error::kind`] and `detail` its text. With the status 500
/// the mistake is the service's own: then the text is logged, and the caller is told only that.
///
/// ```
/// use std::time::Duration;
///
/// use byod_runtime::ProblemDetails;
///
/// fn too_often() -> ProblemDetails {
///     ProblemDetails::new(429, "rate_limited", "Try again in a minute.")
///         .retry_after(Duration::from_secs(60))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ProblemDetails {
    status: StatusCode,
    code: &'static str,
    detail: String,
    data: Option<Box<RawValue>>,
    retry_after: Option<Duration>,
}

impl ProblemDetails {
    /// With an HTTP status, which is 500 where it is none.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            detail: detail.into(),
            data: None,
            retry_after: None,
        }
    }

    /// The same with when to try again: said in whole seconds, at least one.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }
}

impl From<Error> for ProblemDetails {
    fn from(error: Error) -> Self {
        let status = error.http_status();
        if status == 500 {
            tracing::error!(%error, "a request can't be done");
            let detail = "The service has a mistake, which its operators are told of.";
            return Self::new(status, error.kind(), detail);
        }
        let data = match &error {
            Error::Function {
                data: Some(data), ..
            } => to_raw_value(data).ok(),
            _ => None,
        };
        Self {
            data,
            retry_after: error.retry_after(),
            ..Self::new(status, error.kind(), error.to_string())
        }
    }
}

impl IntoResponse for ProblemDetails {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: &'static str,
            title: &'a str,
            status: u16,
            detail: &'a str,
            code: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            data: Option<&'a RawValue>,
        }

        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            data: self.data.as_deref(),
        };
        // Of texts and a value that is JSON already: never an error.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let problem = HeaderValue::from_static("application/problem+json");
        let mut response = (self.status, [(CONTENT_TYPE, problem)], body).into_response();
        if let Some(pause) = self.retry_after {
            let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, seconds.max(1).into());
        }
        response
    }
}

/// As its [`ProblemDetails`]: a handler may return `Result<_, Error>`. With the feature `axum`.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        ProblemDetails::from(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use byod_schema::Value;
    use http_body_util::BodyExt as _;
    use serde_json::json;

    use super::*;
    use crate::error::test_error::call;
    use crate::error::{Endpoint, ErrorData};

    /// The status, the seconds of `Retry-After`, and the body.
    async fn answered(answer: impl IntoResponse) -> (u16, Option<HeaderValue>, serde_json::Value) {
        let mut response = answer.into_response();
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let pause = response.headers_mut().remove(RETRY_AFTER);
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, pause, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn what_a_function_threw_for_its_caller_reaches_them() {
        let data: Value = serde_json::from_str(r#"{"kind": "taken"}"#).unwrap();
        let thrown = Error::Function {
            call: call(Endpoint::Mutation),
            message: "Uncaught ConvexError: taken".into(),
            data: Some(ErrorData::try_from(&data).unwrap()),
        };
        let (status, _, body) = answered(thrown).await;
        assert_eq!((status, &body["code"]), (400, &json!("function")));
        assert_eq!(body["data"], json!({"kind": "taken"}));
        assert_eq!(body["title"], "Bad Request");
    }

    #[tokio::test]
    async fn a_mistake_of_the_services_own_is_not_shown_to_its_callers() {
        let (status, _, body) = answered(Error::config("key of main at fault")).await;
        assert_eq!(status, 500);
        let detail = "The service has a mistake, which its operators are told of.";
        assert_eq!(
            body,
            json!({
                "type": "about:blank", "title": "Internal Server Error", "status": 500,
                "detail": detail, "code": "config",
            })
        );
    }

    #[tokio::test]
    async fn pauses_are_whole_seconds_and_never_none() {
        for (pause, seconds) in [(0, "1"), (1000, "1"), (1001, "2"), (61_500, "62")] {
            let problem = ProblemDetails::new(429, "rate_limited", "later");
            let problem = problem.retry_after(Duration::from_millis(pause));
            let (status, after, _) = answered(problem).await;
            assert_eq!((status, after.unwrap().to_str().unwrap()), (429, seconds));
        }
    }
}
