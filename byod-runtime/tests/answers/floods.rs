//! Connections on which more comes than calls asked for.

use std::time::{Duration, Instant};

use byod_runtime::{Error, Value};
use serde_json::json;

use crate::hostile::{
    DATA, END_HEADERS, END_STREAM, HEADERS, Hostile, Over, SETTINGS, Sends, frame,
};
use crate::meter::{Cost, measure};
use crate::{alone, client};

/// How long a call may take that ends with nothing else.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long a connection may go on after that: far beyond what it takes.
const LONG: Duration = Duration::from_secs(20);

const BODY: &[u8] = br#"{"status":"success","value":"ok","logLines":[]}"#;

/// `:status: 200` in HPACK.
const OK: &[u8] = b"\x88";

struct Row {
    name: &'static str,
    over: Over,
    sends: Sends,
    /// Whether the call has its answer before.
    answered: bool,
}

/// A whole answer over HTTP/1, with so many bytes said to be in its body.
fn head(length: usize) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes()
}

fn answer1() -> Vec<u8> {
    [head(BODY.len()), BODY.to_vec()].concat()
}

fn chunked() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()
}

fn answer2() -> Vec<u8> {
    let head = frame(HEADERS, END_HEADERS, 1, OK);
    [head, frame(DATA, END_STREAM, 1, BODY)].concat()
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name, over, sends, answered| {
        rows.push(Row {
            name,
            over,
            sends,
            answered,
        });
    };
    for over in [Over::Http1, Over::Tls] {
        let mut flood = |name, first: Vec<u8>, then: &[u8]| {
            let then = then.repeat(1 + 32_000 / then.len());
            add(name, over, Sends::Flood { first, then }, false);
        };
        flood("100 Continue", vec![], b"HTTP/1.1 100 Continue\r\n\r\n");
        let hints = format!(
            "HTTP/1.1 103 X\r\n{}\r\n",
            "Link: </x>; rel=preload\r\n".repeat(50)
        );
        flood("103 with headers", vec![], hints.as_bytes());
        flood("chunks of one byte", chunked(), b"1\r\n \r\n");
        let chunk = format!("1;{}\r\n \r\n", "x".repeat(200));
        flood("chunks with extensions", chunked(), chunk.as_bytes());
        flood("a chunk size without end", chunked(), b"0");
        flood(
            "a header without end",
            b"HTTP/1.1 200 OK\r\nX: ".to_vec(),
            b"x",
        );
        flood(
            "headers without end",
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            b"X: y\r\n",
        );
        flood("a status without end", b"HTTP/1.1 200 ".to_vec(), b"x");
        let last = [chunked(), b"1\r\n1\r\n0\r\n".to_vec()].concat();
        flood("trailers without end", last.clone(), b"X: y\r\n");
        let trailer = [last, b"X: ".to_vec()].concat();
        flood("a trailer without end", trailer, b"y");
        let size = [chunked(), b"ffffffffffffffff\r\n".to_vec()].concat();
        flood("a chunk larger than all", size, b" ");
        let length = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n";
        flood("a body larger than all", length.into(), b" ");
        let lengths = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n";
        flood("two lengths", lengths.into(), b"x");
        let both = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
        flood("a length and chunks", both.into(), BODY);
        flood("204", b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), b"x");
        let reset = b"HTTP/1.1 205 Reset\r\nContent-Length: 5\r\n\r\nhello".to_vec();
        flood("205", reset, b"x");
        let chunk = [b"10000\r\n", &[b' '; 0x10000][..], b"\r\n"].concat();
        let refusal = b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        flood("a refusal without end", refusal, &chunk);
        flood(
            "101",
            b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_vec(),
            b"x",
        );
        flood("no HTTP", vec![], b"\x00\xff");
        let drops = |bytes, pause| Sends::Drop { bytes, pause };
        let body = [head(1 << 20), vec![b' '; 1 << 20]].concat();
        add("bytes one by one", over, drops(body, Duration::ZERO), false);
        add(
            "half closed in the body",
            over,
            Sends::HalfClosed(head(9)),
            false,
        );
        add("half closed", over, Sends::HalfClosed(vec![]), false);
        let (first, then) = (answer1(), answer1().repeat(100));
        add(
            "answers to nothing",
            over,
            Sends::After { first, then },
            true,
        );
    }
    let over = Over::Http2;
    let more = [
        ("RST_STREAM", frame(3, 0, 1, &[0, 0, 0, 8])),
        ("PING", frame(6, 0, 0, b"12345678")),
        ("SETTINGS", frame(SETTINGS, 0, 0, &[])),
        ("WINDOW_UPDATE", frame(8, 0, 0, &[0, 0, 0, 1])),
        ("PRIORITY", frame(2, 0, 1, &[0, 0, 0, 0, 16])),
        (
            "GOAWAY",
            frame(7, 0, 0, &[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
        ),
        ("unknown frames", frame(0x77, 0, 0, &[0; 16_384])),
        ("empty unknown frames", frame(0x77, 0, 0, &[])),
        ("empty DATA", frame(DATA, 0, 1, &[])),
        ("DATA", frame(DATA, 0, 1, &[b' '; 16_384])),
        ("HEADERS", frame(HEADERS, END_HEADERS, 1, OK)),
        (
            "HEADERS of 100",
            frame(HEADERS, END_HEADERS, 1, b"\x08\x03100"),
        ),
        ("CONTINUATION", frame(9, 0, 1, &[])),
        (
            "PUSH_PROMISE",
            frame(5, END_HEADERS, 1, b"\0\0\0\x02\x82\x84\x87\x41\x01a"),
        ),
    ];
    let after: Vec<_> = more
        .iter()
        .map(|(name, frame)| {
            let then = frame.repeat(1 + 32_000 / frame.len());
            (
                *name,
                Sends::After {
                    first: answer2(),
                    then,
                },
            )
        })
        .collect();
    for (name, sends) in after {
        add(name, over, sends, true);
    }
    let mut flood = |name, first: Vec<u8>, then: Vec<u8>| {
        let then = then.repeat(1 + 32_000 / then.len());
        add(name, over, Sends::Flood { first, then }, false);
    };
    let begun = || frame(HEADERS, END_HEADERS, 1, OK);
    for (name, frame) in &more {
        if *name != "HEADERS" && *name != "GOAWAY" {
            let first = if name.contains("100") {
                vec![]
            } else {
                begun()
            };
            flood(name, first, frame.clone());
        }
    }
    flood("PING before the head", vec![], frame(6, 0, 0, b"12345678"));
    flood("DATA of one byte", begun(), frame(DATA, 0, 1, b" "));
    let padding = [&[255][..], &[0; 255]].concat();
    flood("DATA that is padding", begun(), frame(DATA, 8, 1, &padding));
    let open = || frame(HEADERS, 0, 1, OK);
    flood("CONTINUATION of an open head", open(), frame(9, 0, 1, &[]));
    flood(
        "CONTINUATION of many headers",
        open(),
        frame(9, 0, 1, &b"\x00\x01a\x01b".repeat(2000)),
    );
    let long = [OK, b"\x40\x01a\x7f\x81\x1e", &[b'b'; 4000]].concat();
    flood(
        "CONTINUATION of one again and again",
        frame(HEADERS, 0, 1, &long),
        frame(9, 0, 1, &[0xbe; 16_000]),
    );
    for (name, frame) in [
        ("no answer but GOAWAY", frame(7, 0, 0, &[0; 8])),
        ("no answer but RST_STREAM", frame(3, 0, 1, &[0, 0, 0, 7])),
    ] {
        add(name, over, Sends::HalfClosed(frame), false);
    }
    let bytes = [begun(), frame(DATA, 0, 1, &[b' '; 16_384]).repeat(60)].concat();
    let pause = Duration::ZERO;
    add(
        "records of one byte",
        over,
        Sends::Drop { bytes, pause },
        false,
    );
    rows
}

#[test]
fn a_connection_on_which_more_comes_than_was_asked_for_is_closed() {
    let _alone = alone();
    let mut wrong = Vec::new();
    let (mut worst, mut most, mut count, mut memory) = (Duration::ZERO, 0, 0, 0);
    println!(
        "\n{:<36} {:<6} {:<12} {:>8} {:>8} {:>8} {:>8}",
        "flood", "over", "comes of it", "sent kB", "cpu ms", "mem kB", "ms"
    );
    for row in rows() {
        let hostile = Hostile::start(row.over, row.sends.clone());
        let client = client(&hostile, TIMEOUT);
        let begin = Instant::now();
        let ((result, closed), cost) = measure(async {
            let result = client.query::<Value>("notes:list", &json!({})).await;
            // The client may go on; its connection must not.
            let end = Instant::now() + LONG;
            while !hostile.is_closed() && Instant::now() < end {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            (result, hostile.is_closed())
        });
        let Cost {
            memory: held,
            processor,
        } = cost;
        let kind = result.as_ref().map_or_else(Error::kind, |_| "ok");
        let sent = hostile.sent();
        println!(
            "{:<36} {:<6} {kind:<12} {:>8} {:>8.1} {:>8} {:>8}",
            row.name,
            format!("{:?}", row.over),
            sent / 1024,
            processor.as_secs_f64() * 1e3,
            held / 1024,
            begin.elapsed().as_millis()
        );
        if !closed {
            wrong.push(format!("{} over {:?} goes on", row.name, row.over));
        }
        if row.answered != result.is_ok() {
            wrong.push(format!("{} over {:?}: {result:?}", row.name, row.over));
        }
        if matches!(result, Err(Error::Timeout { .. })) {
            wrong.push(format!(
                "{} over {:?} goes on until the time-out",
                row.name, row.over
            ));
        }
        count += 1;
        worst = worst.max(processor);
        most = most.max(sent);
        memory = memory.max(held);
    }
    println!(
        "floods: {count} connections flooded, {} not closed, worst processor time {:.0} ms, memory {} kB, after {} kB",
        wrong.len(),
        worst.as_secs_f64() * 1e3,
        memory / 1024,
        most / 1024
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Costs next to nothing, and ends with the call.
#[test]
fn a_trickle_ends_with_the_call() {
    let _alone = alone();
    let pause = Duration::from_millis(50);
    for (over, bytes) in [
        (Over::Http1, [head(1000), vec![b' '; 1000]].concat()),
        (
            Over::Http1,
            [
                b"HTTP/1.1 500 X\r\nContent-Length: 60000\r\n\r\n",
                &[b' '; 1000][..],
            ]
            .concat(),
        ),
        (
            Over::Tls,
            answer1()
                .iter()
                .map(|byte| byte.to_ascii_lowercase())
                .collect(),
        ),
        (
            Over::Http2,
            [
                frame(HEADERS, END_HEADERS, 1, OK),
                frame(DATA, 0, 1, &[b' '; 1000]),
            ]
            .concat(),
        ),
    ] {
        let hostile = Hostile::start(over, Sends::Drop { bytes, pause });
        let client = client(&hostile, Duration::from_secs(1));
        let (result, cost) = measure(client.query::<Value>("notes:list", &json!({})));
        assert!(result.is_err(), "{result:?}");
        println!(
            "a trickle over {over:?}: {:.1} ms",
            cost.processor.as_secs_f64() * 1e3
        );
    }
}
