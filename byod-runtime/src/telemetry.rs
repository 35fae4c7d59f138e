//! What a service's operator sees of the calls: a `tracing` span for each, and
//! metrics through the `metrics` facade. Neither ever holds an argument, a value,
//! a user or a secret.

#[cfg(test)]
pub(crate) mod test_log;

use std::time::Instant;

use byod_schema::Location;
use metrics::{counter, gauge, histogram};
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::error::{Endpoint, Error};

/// What is called.
#[derive(Clone, Copy)]
pub(crate) struct Called<'a> {
    /// `*` for a batch, which may hold several tables' queries.
    pub(crate) table: &'static str,
    pub(crate) function: &'a str,
    pub(crate) endpoint: Endpoint,
}

/// A call under way, with a span of its own. One that is dropped is not counted.
pub(crate) struct Observed<'a> {
    called: Called<'a>,
    start: Instant,
    span: Span,
}

impl<'a> Observed<'a> {
    pub(crate) fn begin(called: Called<'a>, start: Instant) -> Self {
        let span = info_span!(
            "convex_call",
            table = called.table,
            function = called.function,
            kind = called.endpoint.name(),
            location = Empty,
            attempts = Empty,
            outcome = Empty,
            duration_ms = Empty,
        );
        Self {
            called,
            start,
            span,
        }
    }

    /// What the call runs in.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Counts the call, with where it went, if it went anywhere.
    pub(crate) fn end<T>(self, location: Option<Location>, result: &Result<T, Error>) {
        let table = self.called.table;
        let kind = self.called.endpoint.name();
        let duration = self.start.elapsed();
        let outcome = result.as_ref().map_or_else(Error::kind, |_| "ok");
        let location = name(location);
        self.span.record("location", location);
        self.span.record("outcome", outcome);
        self.span
            .record("duration_ms", duration.as_secs_f64() * 1e3);
        counter!("byod_calls_total", "table" => table, "kind" => kind, "location" => location, "outcome" => outcome)
            .increment(1);
        histogram!("byod_call_duration_seconds", "table" => table, "kind" => kind, "location" => location)
            .record(duration);
    }
}

/// Queries that are watched, with a span of their own: from when they are first asked for until nobody does any more.
pub(crate) struct Watched {
    table: &'static str,
    start: Instant,
    span: Span,
    location: Option<Location>,
    /// Of what was given last.
    outcome: &'static str,
    given: u64,
    has_value: bool,
}

impl Watched {
    /// Of functions with their tables.
    pub(crate) fn begin<'a>(functions: impl Iterator<Item = (&'static str, &'a str)>) -> Self {
        const SHOWN: usize = 8;
        let (tables, mut paths): (Vec<&str>, Vec<&str>) = functions.unzip();
        if paths.len() > SHOWN {
            paths.truncate(SHOWN);
            paths.push("…");
        }
        let table = match &*tables {
            [first, others @ ..] if others.iter().all(|other| other == first) => first,
            _ => "*",
        };
        let span = info_span!(
            "convex_watch",
            table,
            function = paths.join(", "),
            location = Empty,
            first_value_ms = Empty,
            given = Empty,
            outcome = Empty,
            duration_ms = Empty,
        );
        Self {
            table,
            start: Instant::now(),
            span,
            location: None,
            outcome: "none",
            given: 0,
            has_value: false,
        }
    }

    /// What its work is done in.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Something is given, of the deployment there: a value, unless it is an error.
    pub(crate) fn given(&mut self, at: Option<Location>, error: Option<&Error>) {
        let (table, location) = (self.table, name(at));
        self.location = at;
        self.outcome = error.map_or("ok", Error::kind);
        self.given += 1;
        counter!("byod_watched_total", "table" => table, "location" => location, "outcome" => self.outcome)
            .increment(1);
        if error.is_none() && !std::mem::replace(&mut self.has_value, true) {
            let first = self.start.elapsed().as_secs_f64();
            self.span.record("first_value_ms", first * 1e3);
            histogram!("byod_first_value_seconds", "table" => table, "location" => location)
                .record(first);
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.span.record("location", name(self.location));
        self.span.record("given", self.given);
        self.span.record("outcome", self.outcome);
        let duration = self.start.elapsed().as_secs_f64();
        self.span.record("duration_ms", duration * 1e3);
    }
}

/// A socket that is open: one more, until it is dropped.
pub(crate) struct OpenSocket(Location);

impl OpenSocket {
    pub(crate) fn at(at: Location) -> Self {
        gauge!("byod_sync_sockets", "location" => location(at)).increment(1.0);
        Self(at)
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        gauge!("byod_sync_sockets", "location" => location(self.0)).decrement(1.0);
    }
}

/// The attempt that is made now, counted from 1.
pub(crate) fn attempt(number: u32) {
    Span::current().record("attempts", number);
}

/// A call is sent again.
pub(crate) fn retry(endpoint: Endpoint) {
    counter!("byod_retries_total", "kind" => endpoint.name()).increment(1);
}

/// A user's deployment is blocked from now on.
pub(crate) fn blocked() {
    counter!("byod_blocked_total").increment(1);
}

/// What main did of what functions on a user's deployment had left for it, and what it
/// refused.
pub(crate) fn outbox(applied: u64, refused: u64) {
    counter!("byod_outbox_rows_total", "outcome" => "applied").increment(applied);
    counter!("byod_outbox_rows_total", "outcome" => "refused").increment(refused);
}

/// How a user's route was found.
#[derive(Clone, Copy)]
pub(crate) enum RouteFound {
    /// It was known.
    Hit,
    /// It was read, or is being read.
    Miss,
    /// It is used as it was, for it can't be read.
    Stale,
}

/// Counts how a user's route was found. A name for each, so that nothing is
/// allocated.
pub(crate) fn route(found: RouteFound) {
    match found {
        RouteFound::Hit => counter!("byod_routes_total", "result" => "hit"),
        RouteFound::Miss => counter!("byod_routes_total", "result" => "miss"),
        RouteFound::Stale => counter!("byod_routes_total", "result" => "stale"),
    }
    .increment(1);
}

/// So many more, or fewer, queries are watched.
pub(crate) fn subscriptions(at: Location, more: f64) {
    gauge!("byod_subscriptions", "location" => location(at)).increment(more);
}

/// A socket has ended, or there was none, and another one is opened.
pub(crate) fn reconnects(at: Location) {
    counter!("byod_sync_reconnects_total", "location" => location(at)).increment(1);
}

/// A message came on a socket.
pub(crate) fn received(at: Location, bytes: usize) {
    counter!("byod_sync_bytes_total", "location" => location(at), "direction" => "received")
        .increment(bytes as u64);
}

/// A message was sent on a socket.
pub(crate) fn sent(at: Location, bytes: usize) {
    counter!("byod_sync_bytes_total", "location" => location(at), "direction" => "sent")
        .increment(bytes as u64);
}

/// How metrics and spans name a location.
pub(crate) fn location(at: Location) -> &'static str {
    name(Some(at))
}

fn name(location: Option<Location>) -> &'static str {
    match location {
        Some(Location::Main) => "main",
        Some(Location::User) => "user",
        None => "none",
    }
}
