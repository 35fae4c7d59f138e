//! The three steps of a push, over HTTP.

use std::io::Read as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brotli_decompressor::Decompressor;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::Value as Json;
use tokio::time::sleep;

use super::core::Core;
use super::messages::{Refused, json, parse, read, refusal};
use crate::auth::AuthKind;
use crate::push::{FinishPush, NotPushed, SchemaState, StartPush, WaitForSchema};

/// The largest body that is read, in bytes, as on Convex.
const LARGEST_BODY: usize = 200 << 20;

/// How long it takes at most until a push that waits hears of another one.
const PAUSE: Duration = Duration::from_millis(20);

const START: &str = "/api/deploy2/start_push";
const WAIT: &str = "/api/deploy2/wait_for_schema";
const FINISH: &str = "/api/deploy2/finish_push";

/// Whether a request to there is a step of a push.
pub(super) fn is_step(endpoint: &str) -> bool {
    [START, WAIT, FINISH].contains(&endpoint)
}

pub(super) async fn answer(
    core: &Arc<Core>,
    endpoint: &str,
    request: Request<Incoming>,
    auth: &mut AuthKind,
) -> Result<Response<Full<Bytes>>, Refused> {
    if request.method() != Method::POST {
        let message = format!("{endpoint} takes POST");
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Err(Refused::new(status, "MethodNotAllowed", message));
    }
    let encoding = request.headers().get(CONTENT_ENCODING).cloned();
    let mut body = read(request, LARGEST_BODY).await?;
    match encoding.as_ref().map(HeaderValue::as_bytes) {
        None => {}
        // As the official tool sends it.
        Some(b"br") => body = inflated(&body)?,
        Some(_) => {
            let message = "byod-local takes pushes with the Content-Encoding `br`, or without one";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Refused::new(status, "UnsupportedMediaType", message));
        }
    }
    let answer = match endpoint {
        START => {
            let request: StartPush = parse(&body)?;
            authenticate(core, &request.admin_key, auth)?;
            let core = core.clone();
            // It runs the bundle.
            let started = tokio::task::spawn_blocking(move || core.pushes.start(request));
            match started.await {
                Ok(started) => started?,
                Err(_) => return Err(interrupted()),
            }
        }
        WAIT => {
            let request: WaitForSchema = parse(&body)?;
            authenticate(core, &request.admin_key, auth)?;
            wait(core, &request).await?
        }
        _ => {
            let request: FinishPush = parse(&body)?;
            authenticate(core, &request.admin_key, auth)?;
            core.finish_push(&request.start_push, request.dry_run)?
        }
    };
    Ok(json(StatusCode::OK, &answer))
}

/// Answers once there is something to say, or the caller's patience ends.
async fn wait(core: &Core, request: &WaitForSchema) -> Result<Json, NotPushed> {
    let since = Instant::now();
    let patience = Duration::from_millis(request.timeout_ms);
    let push = request.schema_change.push();
    loop {
        let state = core.pushes.schema_state(push, &core.store())?;
        let patience = patience.saturating_sub(since.elapsed());
        match &state {
            SchemaState::InProgress { left, .. } if !patience.is_zero() => {
                sleep(patience.min(*left).min(PAUSE)).await;
            }
            state => return Ok(state.answer()),
        }
    }
}

fn authenticate(core: &Core, key: &str, auth: &mut AuthKind) -> Result<(), Refused> {
    let caller = core.auth().admin_as(key, None);
    *auth = caller.map_err(|why| refusal(core, why))?.kind();
    Ok(())
}

fn interrupted() -> Refused {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Refused::new(status, "InternalServerError", "The push could not be read")
}

impl From<NotPushed> for Refused {
    fn from(refused: NotPushed) -> Self {
        let status = StatusCode::from_u16(refused.status).unwrap_or_default();
        Self::new(status, refused.code, refused.message)
    }
}

/// A body that came compressed.
fn inflated(body: &[u8]) -> Result<Bytes, Refused> {
    let mut inflated = Vec::new();
    let reader = Decompressor::new(body, 4096);
    let read = reader
        .take(LARGEST_BODY as u64 + 1)
        .read_to_end(&mut inflated);
    read.map_err(|error| Refused::bad_request("BadJsonBody", error.to_string()))?;
    if inflated.len() > LARGEST_BODY {
        return Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLarge",
            format!("The body is larger than {LARGEST_BODY} bytes"),
        ));
    }
    Ok(inflated.into())
}
