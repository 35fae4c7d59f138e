//! What an operator sees of a call: its span and its metrics.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::world::{World, count, create, list};
use crate::support::{Reply, until};
use byod_runtime::ConnectionStatus;
use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_core::span::Current;

/// The calls' spans, by the order in which they began.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    fields: Vec<Fields>,
    entered: Vec<Id>,
    metadata: Option<&'static tracing::Metadata<'static>>,
}

#[derive(Clone, Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("byod_runtime")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut seen = self.0.lock().unwrap();
        let mut fields = Fields::default();
        fields.0.insert("name", span.metadata().name().to_owned());
        span.record(&mut fields);
        seen.fields.push(fields);
        seen.metadata = Some(span.metadata());
        Id::from_u64(seen.fields.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut seen = self.0.lock().unwrap();
        values.record(&mut seen.fields[id.into_u64() as usize - 1]);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, id: &Id) {
        self.0.lock().unwrap().entered.push(id.clone());
    }

    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().entered.pop();
    }

    fn current_span(&self) -> Current {
        let seen = self.0.lock().unwrap();
        match (seen.entered.last(), seen.metadata) {
            (Some(id), Some(metadata)) => Current::new(id.clone(), metadata),
            _ => Current::none(),
        }
    }
}

/// Counters by name and labels, and how often each histogram was written.
#[derive(Clone, Default)]
struct Metrics(Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>);

struct Times(Arc<AtomicU64>);

impl HistogramFn for Times {
    fn record(&self, seconds: f64) {
        assert!(seconds > 0.0);
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Metrics {
    fn of(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        self.0.lock().unwrap().entry(name).or_default().clone()
    }

    fn gauge(&self, name: &str) -> f64 {
        f64::from_bits(self.get(name))
    }

    fn get(&self, name: &str) -> u64 {
        let metrics = self.0.lock().unwrap();
        let found = metrics.get(name);
        found.map_or(0, |count| count.load(std::sync::atomic::Ordering::Relaxed))
    }
}

impl Recorder for Metrics {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Times(self.of(key))))
    }
}

/// One test alone, because both recorders are the thread's.
#[tokio::test]
async fn a_call_has_a_span_and_is_counted() {
    let (spans, metrics) = (Spans::default(), Metrics::default());
    let _spans = tracing::subscriber::set_default(spans.clone());
    let _metrics = metrics::set_default_local_recorder(&metrics);
    let world = World::with(|byod| byod.listen_to_main(false)).await;
    let user = "the-users-id";
    world
        .save(user, "local|geheim", ConnectionStatus::Connected)
        .await;
    let session = world.session(user);

    let tries = AtomicU64::new(0);
    world.at_users.set(move |_| {
        let first = tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        first.then(|| Reply::Status(503, String::new()))
    });
    list(&session).await.unwrap();
    create(&world.session("nobody")).await.unwrap();
    session.batch(vec![list(&session)]).await.unwrap_err();
    world.at_users.status(401);
    create(&session).await.unwrap_err();
    create(&session).await.unwrap_err();
    until(|| world.field(user, "connectionStatus") == "error").await;

    let seen = spans.0.lock().unwrap().fields.clone();
    let fields = |span: &Fields| {
        let names = [
            "name", "table", "function", "kind", "location", "attempts", "outcome",
        ];
        let value = |name| span.0.get(name).map_or("-", String::as_str);
        names.map(value).join(" ")
    };
    let calls: Vec<_> = seen.iter().map(fields).collect();
    assert_eq!(
        calls,
        [
            "convex_call notes notes:list query user 2 ok",
            "convex_call notes notes:create mutation main 1 ok",
            "convex_call * notes:list query_batch user 4 answer",
            "convex_call notes notes:create mutation user 1 rejected",
            "convex_call notes notes:create mutation none - blocked",
        ]
    );
    for span in &seen {
        let time: f64 = span.0["duration_ms"].parse().unwrap();
        assert!(time > 0.0);
    }

    for (name, count) in [
        (
            "byod_calls_total{table=notes,kind=query,location=user,outcome=ok}",
            1,
        ),
        (
            "byod_calls_total{table=notes,kind=mutation,location=main,outcome=ok}",
            1,
        ),
        (
            "byod_calls_total{table=*,kind=query_batch,location=user,outcome=answer}",
            1,
        ),
        (
            "byod_calls_total{table=notes,kind=mutation,location=user,outcome=rejected}",
            1,
        ),
        (
            "byod_calls_total{table=notes,kind=mutation,location=none,outcome=blocked}",
            1,
        ),
        (
            "byod_call_duration_seconds{table=notes,kind=query,location=user}",
            1,
        ),
        (
            "byod_call_duration_seconds{table=notes,kind=mutation,location=user}",
            1,
        ),
        ("byod_retries_total{kind=query}", 1),
        ("byod_retries_total{kind=query_batch}", 3),
        ("byod_blocked_total{}", 1),
        ("byod_routes_total{result=miss}", 2),
        ("byod_routes_total{result=hit}", 3),
    ] {
        assert_eq!(metrics.get(name), count, "{name}");
    }
    nothing_shows(&[user, "geheim"], &metrics, &seen);
}

#[tokio::test]
async fn what_is_watched_has_a_span_and_is_counted() {
    let (spans, metrics) = (Spans::default(), Metrics::default());
    let _spans = tracing::subscriber::set_default(spans.clone());
    let _metrics = metrics::set_default_local_recorder(&metrics);
    let world = World::with(|byod| {
        let byod = byod.listen_to_main(false).live_sockets(1);
        byod.live_idle(Duration::from_millis(50))
    })
    .await;
    let user = "the-users-id";
    world
        .save(user, "local|geheim", ConnectionStatus::Connected)
        .await;
    world.users.live.set("notes:count", json!(1));
    let session = world.session(user);

    let mut live = list(&session).watch();
    live.next().await.unwrap().unwrap();
    world.users.live.set("notes:list", json!("changed"));
    live.next().await.unwrap().unwrap();
    world.users.live.fail("notes:list", "geheim");
    live.next().await.unwrap().unwrap_err();
    let gauges = || {
        ["byod_subscriptions", "byod_sync_sockets"].map(|name| {
            ["main", "user"].map(|at| metrics.gauge(&format!("{name}{{location={at}}}")))
        })
    };
    assert_eq!(gauges(), [[0.0, 1.0], [0.0, 1.0]]);
    let mut both = session.watch((list(&session), count(&session)));
    both.next().await.unwrap().unwrap_err();
    assert_eq!(gauges(), [[0.0, 2.0], [0.0, 1.0]]);
    world.users.live.cut();
    until(|| world.users.live.lock().opened == 2).await;
    drop((live, both));
    drop(list(&session).watch());
    until(|| gauges() == [[0.0, 0.0], [0.0, 0.0]]).await;

    // One on which nothing is watched makes room, and is counted no longer.
    for token in ["a", "b"] {
        let session = world.session(token).with_token(token);
        list(&session).watch().next().await.unwrap().unwrap();
    }
    until(|| gauges() == [[0.0, 0.0], [1.0, 0.0]]).await;
    until(|| gauges() == [[0.0, 0.0], [0.0, 0.0]]).await;

    let seen = spans.0.lock().unwrap().fields.clone();
    let fields = |span: &Fields| {
        let names = ["name", "table", "function", "location", "given", "outcome"];
        let value = |name| span.0.get(name).map_or("-", String::as_str);
        names.map(value).join(" ")
    };
    let watched = seen.iter().filter(|span| span.0["name"] == "convex_watch");
    let watched: Vec<_> = watched.collect();
    let shown: Vec<_> = watched.iter().map(|span| fields(span)).collect();
    assert_eq!(
        shown,
        [
            "convex_watch notes notes:list user 3 function",
            "convex_watch notes notes:list, notes:count user 1 function",
            "convex_watch notes notes:list main 1 ok",
            "convex_watch notes notes:list main 1 ok",
        ]
    );
    for span in watched {
        let time = |name| span.0.get(name).map(|time| time.parse::<f64>().unwrap());
        let has_value = !span.0["function"].contains("count");
        assert!(time("duration_ms") > Some(0.0));
        assert_eq!(time("first_value_ms") > Some(0.0), has_value);
    }
    for (name, count) in [
        (
            "byod_watched_total{table=notes,location=user,outcome=ok}",
            2,
        ),
        (
            "byod_watched_total{table=notes,location=user,outcome=function}",
            2,
        ),
        (
            "byod_watched_total{table=notes,location=main,outcome=ok}",
            2,
        ),
        ("byod_first_value_seconds{table=notes,location=user}", 1),
        ("byod_first_value_seconds{table=notes,location=main}", 2),
        ("byod_sync_reconnects_total{location=user}", 1),
    ] {
        assert_eq!(metrics.get(name), count, "{name}");
    }
    nothing_shows(&[user, "geheim"], &metrics, &seen);
}

/// Neither what a metric is called nor a span's fields hold any of these.
fn nothing_shows(secrets: &[&str], metrics: &Metrics, spans: &[Fields]) {
    let names: Vec<_> = metrics.0.lock().unwrap().keys().cloned().collect();
    for secret in secrets {
        assert!(!names.iter().any(|name| name.contains(secret)), "{names:?}");
        let shown = |span: &Fields| span.0.values().any(|value| value.contains(secret));
        assert!(!spans.iter().any(shown));
    }
}
