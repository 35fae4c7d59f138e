//! Errors as `application/problem+json` (RFC 9457).

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use byod_runtime::Error;
use serde::Serialize;

/// Why a request wasn't done: `{"type", "title", "status", "detail", "code"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// In seconds.
    retry_after: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            detail: detail.into(),
            retry_after: None,
        }
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match &error {
            // Main doesn't take the token: it is the caller's, not the service's.
            Error::Rejected { status, .. } => *status,
            other => other.http_status(),
        };
        let retry_after = error.retry_after().map(|pause| pause.as_secs().max(1));
        let detail = if status == 500 {
            tracing::error!(%error, "the gateway can't do what was asked for");
            "The service has a mistake, which its operators are told of.".to_owned()
        } else {
            error.to_string()
        };
        Self {
            retry_after,
            ..Self::new(status, error.kind(), detail)
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: &'static str,
            title: &'a str,
            status: u16,
            detail: &'a str,
            code: &'static str,
        }

        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let problem = HeaderValue::from_static("application/problem+json");
        let mut response = (self.status, [(CONTENT_TYPE, problem)], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
