//! Captures what is said anywhere in the process: events and spans of `tracing`,
//! records of `log`, metrics, and the messages of panics.

use std::fmt::{self, Write as _};
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};

static TEXT: Mutex<String> = Mutex::new(String::new());

fn add(source: &str, text: &str) {
    let mut all = TEXT.lock().unwrap();
    for line in text.lines() {
        writeln!(all, "{source}: {line}").unwrap();
    }
}

/// A text that somebody could print.
pub(crate) fn note(text: &str) {
    add("note", text);
}

/// What was captured since the last time.
pub(crate) fn take() -> String {
    std::mem::take(&mut *TEXT.lock().unwrap())
}

/// Captures from now on, for the whole process.
pub(crate) fn begin() {
    tracing::subscriber::set_global_default(Traces).unwrap();
    log::set_logger(&Logs).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    metrics::set_global_recorder(Labels).unwrap();
    std::panic::set_hook(Box::new(|panic| add("panic", &panic.to_string())));
}

/// A way to say something, and its name.
pub(crate) type Way = (&'static str, fn(&str));

/// How a secret could get there, for the check that it would be found.
pub(crate) const WAYS: [Way; 7] = [
    ("log", |text| log::trace!("{text}")),
    ("an event", |text| tracing::trace!("{text}")),
    ("a field of an event", |text| tracing::trace!(key = text)),
    ("a field of a span", |text| {
        tracing::trace_span!("call", key = text);
    }),
    ("a field that is recorded later", |text| {
        let span = tracing::trace_span!("call", key = tracing::field::Empty);
        span.record("key", text);
    }),
    ("the label of a metric", |text| {
        metrics::counter!("calls", "key" => text.to_owned()).increment(1);
    }),
    ("a panic", |text| {
        let text = text.to_owned();
        assert!(catch_unwind(move || panic!("{text}")).is_err());
    }),
];

struct Traces;

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }

    // Without the escapes of `Debug`.
    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {}={value}", field.name()).unwrap();
    }
}

impl Subscriber for Traces {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let mut fields = Fields::default();
        span.record(&mut fields);
        let metadata = span.metadata();
        add(
            metadata.target(),
            &format!("{}{}", metadata.name(), fields.0),
        );
        Id::from_u64(COUNT.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        add("span", &fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        add(event.metadata().target(), &fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Logs;

impl log::Log for Logs {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        add(record.target(), &record.args().to_string());
    }

    fn flush(&self) {}
}

struct Labels;

impl Labels {
    fn add(key: &Key) {
        let labels = key
            .labels()
            .map(|label| format!(" {}={}", label.key(), label.value()));
        add(
            "metric",
            &format!("{}{}", key.name(), labels.collect::<String>()),
        );
    }
}

impl Recorder for Labels {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Self::add(key);
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Self::add(key);
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Self::add(key);
        Histogram::noop()
    }
}
