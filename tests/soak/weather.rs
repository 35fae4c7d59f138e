//! Faults that come and go, as a seed has it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tokio::task::JoinSet;

use crate::proxy::Fault::{Answer, HangConnecting, Instead, ResetConnecting, ResetSending};
use crate::proxy::Part::{HalfOfBody, HalfOfHead, Head, Nothing};
use crate::proxy::Spoiled::{Changed, Hang, Reset, Slow};
use crate::proxy::{Fault, Proxy};

const FAULTS: &[Fault] = &[
    ResetConnecting,
    HangConnecting,
    ResetSending,
    Instead(too_many),
    Instead(bad_key),
    Instead(rejected),
    Answer(Reset(Nothing)),
    Answer(Reset(HalfOfBody)),
    Answer(Hang(Nothing)),
    Answer(Hang(HalfOfHead)),
    Answer(Hang(Head)),
    Answer(Slow),
    Answer(Changed(broken)),
    Answer(Changed(foreign)),
];

/// Makes deployments fail and work again until the end, each by itself; then all work.
pub(crate) async fn change(proxies: Arc<Vec<Proxy>>, seed: u64, end: Instant) {
    let mut all = JoinSet::new();
    for number in 0..proxies.len() {
        let proxies = proxies.clone();
        let mut rng =
            Rng::with_seed(seed ^ (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        all.spawn(async move {
            let proxy = &proxies[number];
            let is_main = number + 1 == proxies.len();
            // What all need fails for shorter times.
            let longest = if is_main { 300 } else { 700 };
            while Instant::now() < end {
                pause(rng.u64(..4000), end).await;
                if let Some(fault) = rng.choice(FAULTS) {
                    proxy.strike(*fault);
                }
                pause(rng.u64(..longest), end).await;
                proxy.heal();
            }
        });
    }
    all.join_all().await;
}

async fn pause(millis: u64, end: Instant) {
    let left = end.saturating_duration_since(Instant::now());
    tokio::time::sleep(Duration::from_millis(millis).min(left)).await;
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").into()
}

fn too_many() -> Vec<u8> {
    answer("429 X", r#"{"code": "RateLimited", "message": ""}"#)
}

fn bad_key() -> Vec<u8> {
    answer("403 X", r#"{"code": "BadDeployKey", "message": ""}"#)
}

fn rejected() -> Vec<u8> {
    answer(
        "503 X",
        r#"{"code": "RejectedBeforeExecution", "message": ""}"#,
    )
}

fn broken(_: &[u8]) -> Vec<u8> {
    answer("502 Bad Gateway", "<html>")
}

fn foreign(_: &[u8]) -> Vec<u8> {
    answer("200 OK", "{}")
}
