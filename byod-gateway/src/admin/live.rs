//! How all are, now and whenever that changes, as server-sent events.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::HeaderValue;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use byod_runtime::ProblemDetails;
use futures_util::stream;
use serde::Serialize;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use super::api::Admin;
use super::following::{Following, Rollouts};
use crate::open_streams::{Open, Place};

/// How long a stream lives. Who makes a new one shows the token again.
const LIFE: Duration = Duration::from_secs(600);

/// How often something is told at the most.
const PAUSE: Duration = Duration::from_millis(500);

/// The same while all are read for the first time.
const SHORT: Duration = Duration::from_millis(50);

/// How often whoever looks says so, and a stream that nothing happens in sends something.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Of how many users is told that they have changed; more than that is everybody.
const NAMED: usize = 200;

struct Watching {
    following: Following,
    revision: watch::Receiver<u64>,
    rollouts: watch::Receiver<Rollouts>,
    changed: broadcast::Receiver<Arc<[String]>>,
    waiting: VecDeque<Event>,
    end: Instant,
    open: Open,
    _place: Place,
}

pub(super) async fn events(State(admin): State<Admin>) -> Response {
    match watching(&admin) {
        Err(problem) => problem.into_response(),
        Ok(watching) => {
            let events = Sse::new(stream::unfold(watching, next));
            let mut response = events
                .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
                .into_response();
            // Proxies that gather answers would keep events back.
            let headers = response.headers_mut();
            headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
            response
        }
    }
}

fn watching(admin: &Admin) -> Result<Watching, ProblemDetails> {
    let open = admin.ending.open().ok_or_else(|| {
        let detail = "This gateway is about to end.";
        ProblemDetails::new(503, "ending", detail).retry_after(Duration::from_secs(1))
    })?;
    let place = admin.streams.take("").ok_or_else(|| {
        let detail = "As many pages look as may. Close one first.";
        ProblemDetails::new(429, "too_many_streams", detail).retry_after(Duration::from_secs(1))
    })?;
    let following = admin.following();
    let (mut revision, mut rollouts) = (following.revision(), following.rollouts());
    // What is known already is told at once.
    revision.mark_changed();
    rollouts.mark_changed();
    Ok(Watching {
        changed: following.changed(),
        revision,
        rollouts,
        following,
        waiting: VecDeque::new(),
        end: Instant::now() + LIFE,
        open,
        _place: place,
    })
}

async fn next(mut watching: Watching) -> Option<(Result<Event, Infallible>, Watching)> {
    let mut looks = interval(KEEP_ALIVE);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        if let Some(event) = watching.waiting.pop_front() {
            return Some((Ok(event), watching));
        }
        tokio::select! {
            changed = timeout_at(watching.end, watching.rollouts.changed()) => {
                changed.ok()?.ok()?;
                watching.tell_rollouts();
            }
            changed = watching.revision.changed() => {
                changed.ok()?;
                watching.tell_changes();
                // The next ones become one.
                let is_reading = watching.following.summary().is_reading();
                tokio::time::sleep(if is_reading { SHORT } else { PAUSE }).await;
            }
            _ = looks.tick() => watching.following.use_it(),
            () = watching.open.has_to_end() => return None,
        }
    }
}

impl Watching {
    fn tell_rollouts(&mut self) {
        // Nothing has been heard of them yet.
        let rollouts = self.rollouts.borrow_and_update().clone();
        if let Some(rollouts) = rollouts {
            self.say("rollouts", &rollouts.as_deref());
        }
    }

    fn tell_changes(&mut self) {
        let _ = self.revision.borrow_and_update();
        let fleet = self.following.summary().fleet();
        self.say("fleet", &*fleet);
        let (mut users, mut is_missing) = (BTreeSet::new(), false);
        loop {
            match self.changed.try_recv() {
                Ok(changed) => users.extend(changed.iter().cloned()),
                Err(TryRecvError::Lagged(_)) => is_missing = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if is_missing || users.len() > NAMED {
            self.say("changed", &None::<&BTreeSet<String>>);
        } else if !users.is_empty() {
            self.say("changed", &users);
        }
    }

    fn say(&mut self, event: &str, data: &impl Serialize) {
        if let Ok(event) = Event::default().event(event).json_data(data) {
            self.waiting.push_back(event);
        }
    }
}
