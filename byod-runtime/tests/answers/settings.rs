//! Settings of HTTP/2 as no server has them: no window, no streams, frames of odd sizes.

use std::time::{Duration, Instant};

use byod_runtime::{Error, FunctionType, Value};
use serde_json::json;

use crate::hostile::{Hostile, Over, Sends};
use crate::meter::measure;
use crate::others::world;
use crate::{alone, client};

/// How long a call may take to which nothing comes.
const TIMEOUT: Duration = Duration::from_millis(500);

/// What a call may cost in processor time and in memory, whatever the settings are.
const PROCESSOR: Duration = Duration::from_millis(250);
const MEMORY: usize = 512 * 1024;

const HEADER_TABLE_SIZE: u16 = 1;
const ENABLE_PUSH: u16 = 2;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_FRAME_SIZE: u16 = 5;
const MAX_HEADER_LIST_SIZE: u16 = 6;

struct Row {
    name: &'static str,
    settings: Vec<u8>,
    /// Whether what a call sends is let through byte by byte.
    opens: bool,
    /// What comes of a call when they are known.
    kind: &'static str,
}

fn setting(name: u16, value: u32) -> Vec<u8> {
    [&name.to_be_bytes()[..], &value.to_be_bytes()].concat()
}

fn rows() -> Vec<Row> {
    let row = |name, settings, kind| Row {
        name,
        settings,
        opens: false,
        kind,
    };
    let sizes = |of: u16, values: &[u32]| -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| setting(of, *value))
            .collect()
    };
    vec![
        row("none", vec![], "ok"),
        // streams
        row("no streams", setting(MAX_CONCURRENT_STREAMS, 0), "timeout"),
        row("one stream", setting(MAX_CONCURRENT_STREAMS, 1), "ok"),
        row(
            "all streams",
            setting(MAX_CONCURRENT_STREAMS, u32::MAX),
            "ok",
        ),
        // windows
        row("no window", setting(INITIAL_WINDOW_SIZE, 0), "timeout"),
        row(
            "a window of one byte",
            setting(INITIAL_WINDOW_SIZE, 1),
            "timeout",
        ),
        Row {
            opens: true,
            ..row(
                "no window, opened byte by byte",
                setting(INITIAL_WINDOW_SIZE, 0),
                "ok",
            )
        },
        row(
            "the largest window",
            setting(INITIAL_WINDOW_SIZE, 0x7fff_ffff),
            "ok",
        ),
        row(
            "a window too large",
            setting(INITIAL_WINDOW_SIZE, 0x8000_0000),
            "interrupted",
        ),
        row(
            "windows up and down",
            sizes(INITIAL_WINDOW_SIZE, &[0, 0x7fff_ffff].repeat(1000)),
            "ok",
        ),
        // the table of headers
        row("no table", setting(HEADER_TABLE_SIZE, 0), "ok"),
        row("a table of one byte", setting(HEADER_TABLE_SIZE, 1), "ok"),
        row(
            "the largest table",
            setting(HEADER_TABLE_SIZE, u32::MAX),
            "ok",
        ),
        row(
            "tables up and down",
            sizes(HEADER_TABLE_SIZE, &[0, u32::MAX].repeat(1000)),
            "ok",
        ),
        row("no headers", setting(MAX_HEADER_LIST_SIZE, 0), "ok"),
        // frames
        row(
            "the smallest frames",
            setting(MAX_FRAME_SIZE, 1 << 14),
            "ok",
        ),
        row(
            "the largest frames",
            setting(MAX_FRAME_SIZE, (1 << 24) - 1),
            "ok",
        ),
        row("no frames", setting(MAX_FRAME_SIZE, 0), "interrupted"),
        row(
            "frames too small",
            setting(MAX_FRAME_SIZE, (1 << 14) - 1),
            "interrupted",
        ),
        row(
            "frames too large",
            setting(MAX_FRAME_SIZE, 1 << 24),
            "interrupted",
        ),
        // others
        row("pushes", setting(ENABLE_PUSH, 1), "ok"),
        row(
            "pushes of an odd kind",
            setting(ENABLE_PUSH, 2),
            "interrupted",
        ),
        row("unknown ones", sizes(0x77, &[9].repeat(2700)), "ok"),
        row("half a setting", vec![0; 5], "interrupted"),
    ]
}

fn hostile(settings: Vec<u8>, opens: bool) -> Hostile {
    Hostile::start(Over::Http2, Sends::Settings { settings, opens })
}

#[test]
fn settings_of_any_kind_cost_next_to_nothing() {
    let _alone = alone();
    let mut wrong = Vec::new();
    let (mut worst, mut most, mut count) = (Duration::ZERO, 0, 0);
    println!(
        "\n{:<36} {:<12} {:>8} {:>8} {:>8}",
        "settings", "comes of it", "cpu ms", "mem kB", "ms"
    );
    for row in rows() {
        let hostile = hostile(row.settings, row.opens);
        let client = client(&hostile, TIMEOUT);
        let begin = Instant::now();
        let (result, cost) = measure(async {
            // The first call doesn't wait for them.
            let _ = client.query::<Value>("notes:list", &json!({})).await;
            client.query::<Value>("notes:list", &json!({})).await
        });
        let kind = result.as_ref().map_or_else(Error::kind, |_| "ok");
        println!(
            "{:<36} {kind:<12} {:>8.1} {:>8} {:>8}",
            row.name,
            cost.processor.as_secs_f64() * 1e3,
            cost.memory / 1024,
            begin.elapsed().as_millis()
        );
        if kind != row.kind {
            wrong.push(format!("{}: {result:?}, not {}", row.name, row.kind));
        }
        if cost.processor > PROCESSOR || cost.memory > MEMORY {
            wrong.push(format!("{} costs {cost:?}", row.name));
        }
        count += 1;
        worst = worst.max(cost.processor);
        most = most.max(cost.memory);
    }
    println!(
        "settings of HTTP/2: {count} tried, worst processor time {:.0} ms, memory {} kB",
        worst.as_secs_f64() * 1e3,
        most / 1024
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// They wait on one connection, which is ended when none of them gets through: given up,
/// they would be kept for as long as it lives.
#[test]
fn calls_that_are_never_let_through_leave_nothing_behind() {
    let _alone = alone();
    for of in [MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE] {
        let hostile = [hostile(setting(of, 0), false)];
        let ((), cost) = measure(async {
            let world = world(&hostile).await;
            let query = FunctionType::Query;
            let routed = world.byod.client_for_table("notes", "evil 0", query).await;
            let client = routed.unwrap().client;
            let args = json!({"text": "x".repeat(100_000)});
            let mut through = 0;
            for _ in 0..40 {
                let calls = (0..25).map(|_| async {
                    let call = client.query::<Value>("notes:list", &args);
                    tokio::time::timeout(Duration::from_millis(20), call).await
                });
                let ended = futures_util::future::join_all(calls).await;
                through += ended.iter().filter(|it| matches!(it, Ok(Ok(_)))).count();
            }
            println!("1000 calls of 100 kB, {through} let through");
        });
        println!(
            "{:.0} ms of the processor, {} kB",
            cost.processor.as_secs_f64() * 1e3,
            cost.memory / 1024
        );
        // Two rounds of 25, each with its body twice at the most; all were 200 MB.
        assert!(cost.memory < 16 << 20, "{of}: {cost:?}");
    }
}
