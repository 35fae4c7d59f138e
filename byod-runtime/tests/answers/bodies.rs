//! Answers that are sound as HTTP, and made to cost more than their size.

use byod_runtime::{Client, Error, ErrorData, Page, Value};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::hostile::{Hostile, Over, Sends};
use crate::meter::measure;
use crate::{TIMEOUT, alone, client};

/// How many values an answer may hold by default.
const VALUES: usize = 2_000_000;

/// Less than the largest answer that is read by default, in bytes.
const LARGE: usize = 15 << 20;

/// How many times its size an answer may take in memory, read as a type of byod's.
const MULTIPLE: f64 = 32.0;

/// The same where the caller wants maps of the standard library, which cost that.
const MULTIPLE_OF_MAPS: f64 = 130.0;

struct Row {
    name: &'static str,
    status: u16,
    body: String,
    read: for<'a> fn(&'a Client) -> BoxFuture<'a, Result<(), Error>>,
    /// What comes of it.
    kind: &'static str,
    multiple: f64,
}

/// Reads it as the caller's type.
fn read<T: DeserializeOwned + Send>(client: &Client) -> BoxFuture<'_, Result<(), Error>> {
    async {
        let value: T = client.query("notes:list", &json!({})).await?;
        drop(value);
        Ok(())
    }
    .boxed()
}

fn batch(client: &Client) -> BoxFuture<'_, Result<(), Error>> {
    async {
        let queries = [("notes:list", json!({})), ("notes:list", json!({}))];
        let results = client.query_batch::<Value>(&queries).await?;
        results.into_iter().try_for_each(|result| result.map(drop))
    }
    .boxed()
}

/// Looks at the data of the error.
fn data(client: &Client) -> BoxFuture<'_, Result<(), Error>> {
    async {
        let result = client.query::<Value>("notes:list", &json!({})).await;
        let error = result.map(drop).unwrap_err();
        let _ = error.function_data::<Value>().unwrap();
        Err(error)
    }
    .boxed()
}

fn list(of: &str, count: usize) -> String {
    format!("[{}0]", of.repeat(count))
}

fn success(value: &str) -> String {
    format!(r#"{{"status":"success","value":{value},"logLines":[]}}"#)
}

fn thrown(message: &str, data: &str) -> String {
    format!(r#"{{"status":"error","errorMessage":"{message}","errorData":{data}}}"#)
}

fn many_names(count: usize) -> String {
    let members: Vec<_> = (0..count)
        .rev()
        .map(|it| format!(r#""{it:x}":0"#))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn rows() -> Vec<Row> {
    let row = |name, status, body, read, kind| Row {
        name,
        status,
        body,
        read,
        kind,
        multiple: MULTIPLE,
    };
    let most = VALUES - 20;
    let filling = |of: &str| list(of, LARGE / of.len());
    let nested = |begin: &str, end: &str| {
        let levels = LARGE / (begin.len() + end.len());
        format!("{}0{}", begin.repeat(levels), end.repeat(levels))
    };
    let page = |items: &str| format!(r#"{{"page":{items},"isDone":true,"continueCursor":""}}"#);
    let mut rows = vec![
        // as many values as may be
        row(
            "numbers",
            200,
            success(&list("1,", most)),
            read::<Value>,
            "ok",
        ),
        row(
            "empty arrays",
            200,
            success(&list("[],", most / 2)),
            read::<Value>,
            "ok",
        ),
        row(
            "arrays of one",
            200,
            success(&list("[1],", most / 2)),
            read::<Value>,
            "ok",
        ),
        row(
            "arrays of five",
            200,
            success(&list("[1,1,1,1,1],", most / 6)),
            read::<Value>,
            "ok",
        ),
        row(
            "objects of one",
            200,
            success(&list(r#"{"":0},"#, most / 9)),
            read::<Value>,
            "ok",
        ),
        row(
            "objects of five",
            200,
            success(&list(r#"{"e":0,"d":0,"c":0,"b":0,"a":0},"#, most / 13)),
            read::<Value>,
            "ok",
        ),
        row(
            "empty strings",
            200,
            success(&list(r#""","#, most)),
            read::<Value>,
            "ok",
        ),
        row(
            "an object of many",
            200,
            success(&many_names(most / 2)),
            read::<Value>,
            "ok",
        ),
        row(
            "one name many times",
            200,
            success(&format!("{{{}\"\":0}}", r#""":0,"#.repeat(most))),
            read::<Value>,
            "ok",
        ),
        row(
            "int64s",
            200,
            success(&list(r#"{"$integer":"AAAAAAAAAAA="},"#, most / 9)),
            read::<Value>,
            "ok",
        ),
        row(
            "a page",
            200,
            success(&page(&list("[1],", most / 2 - 9))),
            read::<Page<Value>>,
            "ok",
        ),
        row(
            "typed numbers",
            200,
            success(&list("1,", most)),
            read::<Vec<f64>>,
            "ok",
        ),
        row(
            "two of a batch",
            200,
            format!(
                r#"{{"results":[{0},{0}]}}"#,
                success(&list("[1],", most / 5))
            ),
            batch,
            "ok",
        ),
        // more
        row(
            "too many arrays",
            200,
            success(&filling("[],")),
            read::<Value>,
            "too_many_values",
        ),
        row(
            "too many objects",
            200,
            success(&filling(r#"{"":0},"#)),
            read::<Value>,
            "too_many_values",
        ),
        row(
            "too many objects as JSON",
            200,
            success(&filling(r#"{"":0},"#)),
            read::<Json>,
            "too_many_values",
        ),
        row(
            "too many in a page",
            200,
            success(&page(&filling("[],"))),
            read::<Page<Value>>,
            "too_many_values",
        ),
        row(
            "too many in a batch",
            200,
            format!(r#"{{"results":[{},1]}}"#, success(&filling("[],"))),
            batch,
            "too_many_values",
        ),
        row(
            "too many results of a batch",
            200,
            format!(r#"{{"results":{}}}"#, filling("0,")),
            batch,
            "answer",
        ),
        row(
            "nothing but numbers",
            200,
            filling("0,"),
            read::<Value>,
            "answer",
        ),
        row(
            "too many in what is skipped",
            200,
            format!(
                r#"{{"logLines":{},"status":"success","value":1}}"#,
                filling("[],")
            ),
            read::<f64>,
            "too_many_values",
        ),
        row(
            "nested arrays in what is skipped",
            200,
            format!(
                r#"{{"logLines":{},"status":"success","value":1}}"#,
                nested("[", "]")
            ),
            read::<f64>,
            "too_many_values",
        ),
        row(
            "nested objects in what is skipped",
            200,
            format!(
                r#"{{"logLines":{},"status":"success","value":1}}"#,
                nested(r#"{"a":"#, "}")
            ),
            read::<f64>,
            "too_many_values",
        ),
        // errors
        row(
            "data of an error",
            560,
            thrown("no", &filling("[],")),
            read::<Value>,
            "function",
        ),
        row(
            "data of an error, objects",
            560,
            thrown("no", &filling(r#"{"":0},"#)),
            read::<Value>,
            "function",
        ),
        row(
            "data of an error, read",
            560,
            thrown("no", &filling(r#"{"":0},"#)),
            data,
            "function",
        ),
        row(
            "data of an error, short and read",
            560,
            thrown("no", &list("[1],", ErrorData::LIMIT / 4 - 9)) + &" ".repeat(1 << 20),
            data,
            "function",
        ),
        row(
            "message of an error",
            560,
            thrown(&"geheim|".repeat(LARGE / 7), "0"),
            read::<Value>,
            "function",
        ),
        row(
            "message of an error, escaped",
            560,
            thrown(&r"\u0067".repeat(LARGE / 6), "0"),
            read::<Value>,
            "function",
        ),
        row(
            "a refusal",
            500,
            "<p>".repeat(LARGE / 3),
            read::<Value>,
            "status",
        ),
        row(
            "a refusal as of a deployment",
            400,
            format!(r#"{{"code":"{0}","message":"{0}"}}"#, "x".repeat(30_000))
                + &" ".repeat(1 << 20),
            read::<Value>,
            "status",
        ),
        // texts and numbers
        row(
            "a long string",
            200,
            success(&format!("\"{}\"", "x".repeat(LARGE))),
            read::<Value>,
            "ok",
        ),
        row(
            "a long string, escaped",
            200,
            success(&format!("\"{}\"", r"\n".repeat(LARGE / 2))),
            read::<Value>,
            "ok",
        ),
        row(
            "a long name",
            200,
            success(&format!("{{\"{}\":0}}", "x".repeat(LARGE))),
            read::<Value>,
            "ok",
        ),
        row(
            "long bytes",
            200,
            success(&format!(r#"{{"$bytes":"{}"}}"#, "AAAA".repeat(LARGE / 4))),
            read::<Value>,
            "ok",
        ),
        row(
            "long bytes that are none",
            200,
            success(&format!(r#"{{"$bytes":"{}?"}}"#, "AAAA".repeat(LARGE / 4))),
            read::<Value>,
            "answer",
        ),
        row(
            "a long encoding that is none",
            200,
            success(&format!(r#"{{"${}":0}}"#, "x".repeat(LARGE))),
            read::<Value>,
            "answer",
        ),
        row(
            "a number of many digits",
            200,
            success(&"9".repeat(LARGE)),
            read::<Value>,
            "answer",
        ),
        row(
            "a fraction of many digits",
            200,
            success(&format!("0.{}", "3".repeat(LARGE))),
            read::<Value>,
            "ok",
        ),
        row(
            "nested arrays",
            200,
            success(&nested("[", "]")),
            read::<Value>,
            "too_many_values",
        ),
        row(
            "nested objects",
            200,
            success(&nested(r#"{"":"#, "}")),
            read::<Value>,
            "too_many_values",
        ),
        row(
            "nested and cut",
            200,
            "[".repeat(LARGE),
            read::<Value>,
            "answer",
        ),
        row(
            "spaces",
            200,
            success(&" ".repeat(LARGE)),
            read::<Value>,
            "answer",
        ),
        row("no answer", 200, "x".repeat(LARGE), read::<Value>, "answer"),
        row(
            "more than is read",
            200,
            success(&format!("\"{}\"", "x".repeat(17 << 20))),
            read::<Value>,
            "too_large",
        ),
    ];
    rows.push(Row {
        multiple: MULTIPLE_OF_MAPS,
        ..row(
            "objects as JSON",
            200,
            success(&list(r#"{"":0},"#, most / 9)),
            read::<Json>,
            "ok",
        )
    });
    rows
}

#[test]
fn no_answer_costs_more_than_a_multiple_of_its_size() {
    let _alone = alone();
    let (mut worst_memory, mut worst_time) = (0.0_f64, 0.0_f64);
    let mut wrong = Vec::new();
    println!(
        "\n{:<36} {:<6} {:>8} {:<16} {:>8} {:>8}",
        "answer", "over", "kB", "comes of it", "memory", "ns/byte"
    );
    for row in rows() {
        let size = row.body.len();
        let body = Bytes::from(row.body);
        for over in [Over::Http1, Over::Http2] {
            let hostile = Hostile::start(over, Sends::Body(row.status, body.clone()));
            let client = client(&hostile, TIMEOUT);
            let (result, cost) = measure((row.read)(&client));
            let kind = result.as_ref().map_or_else(Error::kind, |()| "ok");
            let multiple = cost.memory as f64 / size as f64;
            let time = cost.processor.as_nanos() as f64 / size as f64;
            println!(
                "{:<36} {:<6} {:>8} {kind:<16} {multiple:>8.1} {time:>8.1}",
                row.name,
                format!("{over:?}"),
                size / 1024
            );
            if kind != row.kind {
                let text = format!("{result:?}");
                wrong.push(format!(
                    "{}: {kind}, not {}: {text:.300}",
                    row.name, row.kind
                ));
            }
            if multiple > row.multiple {
                wrong.push(format!("{}: {multiple:.1} times its size", row.name));
            }
            if row.multiple == MULTIPLE {
                worst_memory = worst_memory.max(multiple);
                worst_time = worst_time.max(time);
            }
        }
    }
    println!(
        "answers: worst memory {worst_memory:.1} times their size, worst processor time {worst_time:.0} ns a byte"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
