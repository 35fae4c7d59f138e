//! Reads what clients send.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::answer::Refused;

/// Has a call's body here before the call takes a place among those at once: else whoever sends none would hold one.
pub(crate) async fn read(State(time): State<Duration>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let reading = Bytes::from_request(Request::from_parts(parts.clone(), body), &());
    match tokio::time::timeout(time, reading).await {
        Ok(Ok(body)) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Ok(Err(rejection)) => {
            let code = match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => "RequestTooLarge",
                _ => "BadBody",
            };
            refused(rejection.status(), code, rejection.body_text())
        }
        Err(_) => {
            let message = format!("the body took longer than {} s", time.as_secs_f64());
            refused(StatusCode::REQUEST_TIMEOUT, "RequestTimedOut", message)
        }
    }
}

fn refused(status: StatusCode, code: &str, message: String) -> Response {
    Refused {
        status: status.as_u16(),
        code: code.to_owned(),
        message,
    }
    .into_response()
}
