//! As many users as a large service has: what it takes to know of all, and to bring a version to all. Main has their
//! records; their deployments are one socket that answers for all of them.
//!
//! 10,000 users, or `BYOD_FLEET_USERS`. A program of its own, for it measures memory.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

#[allow(dead_code, reason = "this test program uses a part of it")]
#[path = "support/mod.rs"]
mod support;

use std::alloc::System;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use byod_fleet::{Rollout, Status, Waves};
use byod_local::{Local, LocalDeployment};
use byod_runtime::{Byod, ConnectionStatus, Credentials, EncryptionKey, Keyring};
use serde_json::{Value as Json, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many records main gives at once.
const PAGE: u32 = 1_000;

/// Of how many users main is asked, and told, at once.
const TOGETHER: u64 = 100;

/// What is allocated now, in bytes.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn users() -> usize {
    let said = std::env::var("BYOD_FLEET_USERS").ok();
    said.map_or(10_000, |said| said.parse().unwrap())
}

struct Service {
    main: LocalDeployment,
    byod: Byod,
    deployments: Deployments,
}

impl Service {
    async fn start(users: usize) -> Self {
        let main = Local::main(&support::manifest()).start().await.unwrap();
        let deployments = Deployments::start().await;
        let keys = Keyring::new(EncryptionKey::parse("only for tests").unwrap());
        for number in 0..users {
            let id = format!("user {number}");
            let credentials = Credentials::new(&*deployments.url, format!("local:{number}|secret"));
            let sealed = keys.seal(&id.as_str().into(), &credentials).unwrap();
            let mut record = serde_json::to_value(&sealed).unwrap();
            for (field, value) in [
                ("userId", json!(id)),
                ("connectionStatus", json!(ConnectionStatus::Connected)),
                ("schemaVersion", json!(1.0)),
                ("createdAt", json!(1.0)),
                ("updatedAt", json!(1.0)),
            ] {
                record[field] = value;
            }
            main.insert("userDatabaseConfig", record).unwrap();
        }
        let byod = support::service(&main);
        Self {
            main,
            byod,
            deployments,
        }
    }
}

/// All users' deployments.
struct Deployments {
    url: String,
    known: Arc<Mutex<Known>>,
}

/// What is known of them, by their keys.
#[derive(Default)]
struct Known {
    /// Those that run version 7; the others run 1.
    pushed: HashSet<String>,
    /// Those that are being pushed to.
    under_way: HashSet<String>,
    /// How often one was pushed to that was being pushed to, or ran it already.
    too_often: u64,
}

impl Known {
    fn start(&mut self, key: String) {
        let too_often = self.pushed.contains(&key) || !self.under_way.insert(key);
        self.too_often += u64::from(too_often);
    }

    fn finish(&mut self, key: String) {
        self.under_way.remove(&key);
        self.pushed.insert(key);
    }
}

impl Deployments {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let known = Arc::<Mutex<Known>>::default();
        let all = known.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, all.clone()));
            }
        });
        Self { url, known }
    }
}

/// Answers the requests of one connection.
async fn serve(stream: TcpStream, known: Arc<Mutex<Known>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut path, mut key, mut length) = (String::new(), String::new(), 0);
        loop {
            let mut line = String::new();
            stream
                .read_line(&mut line)
                .await
                .ok()
                .filter(|read| *read > 0)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            match line.split_once(": ") {
                None => path = line.split(' ').nth(1)?.to_owned(),
                Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                    key = value.to_owned();
                }
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().ok()?;
                }
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let body: Json = serde_json::from_slice(&body).ok()?;
        let has = known.lock().unwrap().pushed.contains(&key);
        let value = |value: Json| json!({"status": "success", "value": value});
        let answer = match (path.as_str(), body["path"].as_str()) {
            (_, Some("functions:ping")) => value(json!({"version": if has { 7 } else { 1 }})),
            (_, Some("byod/claim:state")) => value(json!("yours")),
            ("/api/deploy2/start_push", _) => {
                known.lock().unwrap().start(key);
                json!({"environmentVariables": {}, "schemaChange": {}})
            }
            ("/api/deploy2/wait_for_schema", _) => json!({"type": "complete"}),
            ("/api/deploy2/finish_push", _) => {
                known.lock().unwrap().finish(key);
                json!({})
            }
            other => panic!("{other:?}"),
        };
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all((head + &answer).as_bytes()).await.ok()?;
    }
}

/// The most that was held while it ran, beyond what was held before and what is held afterwards, and that: main and the
/// deployments are in this process, and keep what came of it.
async fn peak<T>(run: impl Future<Output = T>) -> (T, usize, usize) {
    let before = held();
    let watching = Arc::new(AtomicUsize::new(0));
    let most = watching.clone();
    let watch = tokio::spawn(async move {
        loop {
            most.fetch_max(held().saturating_sub(before), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
    });
    let value = run.await;
    watch.abort();
    let kept = held().saturating_sub(before);
    let most = watching.load(Ordering::Relaxed).saturating_sub(kept);
    (value, most, kept)
}

/// Less than a list of the users' ids would take.
const SLACK: usize = 300 << 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_fleet_costs_what_its_pages_cost() {
    let users = users();
    let few = Service::start(users / 10).await;
    let many = Service::start(users).await;
    let status = Status::default().page(PAGE);

    let mut peaks = Vec::new();
    for service in [&few, &many] {
        service.main.reset_requests();
        let begun = Instant::now();
        let mut listed = 0;
        let read = status.read(&service.byod, |row| listed += usize::from(row.is_some()));
        let (totals, peak, kept) = peak(read).await;
        let totals = totals.unwrap();
        assert_eq!(totals.users as usize, listed);
        let pages = listed.div_ceil(PAGE as usize) as u64;
        assert_eq!(service.main.request_count(), pages);
        println!(
            "status of {listed} users: {:?}, {pages} requests to main, {} KiB at most",
            begun.elapsed(),
            peak / 1024
        );
        assert!(kept < SLACK, "{kept}");
        peaks.push(peak);
    }
    // Ten times the users take the memory of one page, as main and client hold it, all the same.
    assert!(peaks[1] < peaks[0] + SLACK, "{peaks:?}");

    let rollout = Rollout::of(support::bundle(7))
        .waves(Waves::default())
        .page(PAGE)
        .at_once(16)
        // Longer than it takes, so that what is counted depends on no clock.
        .lag(Duration::from_secs(24 * 3_600));
    let mut peaks = Vec::new();
    for service in [&few, &many] {
        service.main.reset_requests();
        let begun = Instant::now();
        let plan = rollout.plan(&service.byod).await.unwrap();
        let due: Vec<u64> = plan.waves.iter().map(|wave| wave.due).collect();
        let (report, most, _) = peak(rollout.run(&service.byod, &plan, |_| {})).await;
        let (report, took) = (report.unwrap(), begun.elapsed());
        assert!(report.is_done(), "{report:?}");
        let all: u64 = due.iter().sum();
        {
            let known = service.deployments.known.lock().unwrap();
            assert_eq!((known.pushed.len() as u64, known.too_often), (all, 0));
            assert!(known.under_way.is_empty());
        }
        for (wave, due) in report.waves.iter().zip(&due) {
            assert_eq!(wave.counts.pushed, *due);
            assert_eq!(wave.counts.all(), *due);
        }
        // One pass for the plan and one for each wave; of those who are due, main is asked and told for a hundred at once.
        let passes = 4 * all.div_ceil(u64::from(PAGE));
        let together: u64 = due.iter().map(|due| due.div_ceil(TOGETHER)).sum();
        assert_eq!(service.main.request_count(), passes + 2 * together);
        let records = service.main.documents("userDatabaseConfig");
        let versions = records.iter().map(|record| record.number("schemaVersion"));
        assert_eq!(
            versions.filter(|version| *version == Some(7.0)).count() as u64,
            all
        );
        let each = took / all as u32;
        println!(
            "roll-out to {all} users: {took:?}, {each:?} each, {} requests to main, {} KiB at most",
            passes + 2 * together,
            most / 1024
        );
        peaks.push(most);
    }
    // Nor do those who are due and their results.
    assert!(peaks[1] < peaks[0] + SLACK, "{peaks:?}");
}
