//! `/byod/events`: the caller's status now, and after every change, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use byod_runtime::{ProblemDetails, UserStatus};
use futures_util::stream;
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use super::changes::caller;
use crate::open_streams::{Open, Place};
use crate::state::Gateway;

/// How long a stream lives. Who makes a new one shows a token that is valid then.
const LIFE: Duration = Duration::from_secs(600);

/// What a stream that nothing happens in sends, so that nobody in between takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

struct Watching {
    status: Receiver<UserStatus>,
    end: Instant,
    open: Open,
    _place: Place,
}

pub(crate) async fn events(State(gateway): State<Gateway>, headers: HeaderMap) -> Response {
    match watching(&gateway, &headers).await {
        Err(problem) => problem.into_response(),
        Ok(watching) => {
            let events = Sse::new(stream::unfold(watching, next));
            let mut response = events
                .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
                .into_response();
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            // Proxies that gather answers would keep events back.
            headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
            response
        }
    }
}

async fn watching(gateway: &Gateway, headers: &HeaderMap) -> Result<Watching, ProblemDetails> {
    let caller = caller(gateway, headers).await?;
    let user = caller.session.user_id();
    let open = gateway.settings.ending.open().ok_or_else(|| {
        let detail = "This gateway is about to end.";
        ProblemDetails::new(503, "ending", detail).retry_after(Duration::from_secs(1))
    })?;
    let place = gateway.streams.take(user.as_str()).ok_or_else(|| {
        let detail = "This user has as many streams open as may be. Close one first.";
        ProblemDetails::new(429, "too_many_streams", detail).retry_after(Duration::from_secs(1))
    })?;
    let mut status = gateway.byod.watch_status(user.clone());
    // The first is sent at once, unless it is none yet.
    status.mark_changed();
    Ok(Watching {
        status,
        end: Instant::now() + LIFE,
        open,
        _place: place,
    })
}

async fn next(mut watching: Watching) -> Option<(Result<Event, Infallible>, Watching)> {
    loop {
        let changed = tokio::time::timeout_at(watching.end, watching.status.changed());
        tokio::select! {
            changed = changed => changed.ok()?.ok()?,
            () = watching.open.has_to_end() => return None,
        }
        let status = watching.status.borrow_and_update().clone();
        if status.loading {
            continue;
        }
        let event = Event::default().event("status").json_data(&status).ok()?;
        return Some((Ok(event), watching));
    }
}
