//! What a warm call allocates besides the answer it gives, and what `reqwest` does:
//! counted, so that it can't creep up.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::System;
use std::future::Future;
use std::path::Path;
use std::time::Duration;

use byod_bench::deployment::{DEPLOY_KEY, ENCRYPTION_KEY, Process, SMALL, conversations, success};
use byod_examples::Conversations;
use byod_examples::conversations::{self as wrapper, ListArgs};
use byod_runtime::{Byod, Client, Doc, EncryptionKey, Router, internals, v};
use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What a call may allocate besides the documents: the arguments' buffer, the call's
/// future, and the two sides of a request, which `hyper` has on the heap. Half a one
/// for what happens once in many calls.
const OWN: f64 = 20.5;

const CALLS: usize = 200;

/// One test alone in its program: what another does would be counted too.
#[test]
fn a_warm_call_allocates_less_than_reqwest() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let program = Path::new(env!("CARGO_BIN_EXE_byod-bench"));
        let deployment = Process::start(program, None).unwrap();
        let by_hand = by_hand(&deployment.url()).await;
        let wrapper = wrapped(&deployment.url()).await;
        let answer = answer();
        assert_eq!(
            looked_up(),
            0.0,
            "the registry of functions is searched in place"
        );
        let own = wrapper - answer;
        println!("byod {wrapper}: {answer} the documents', {own} its own; reqwest {by_hand}");
        assert!(
            own <= by_hand,
            "a warm call allocates {own} times, and reqwest {by_hand} times"
        );
        assert!(
            own <= OWN,
            "a warm call allocates {own} times besides the documents"
        );
    });
}

/// The request by `reqwest`, and its answer unread.
async fn by_hand(url: &str) -> f64 {
    let provider = rustls::crypto::ring::default_provider();
    provider.install_default().unwrap();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .connect_timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    let url: reqwest::Url = format!("{url}/api/query").parse().unwrap();
    let key: HeaderValue = format!("Convex {DEPLOY_KEY}").parse().unwrap();
    let body = json!({
        "path": "conversations:list", "format": "convex_encoded_json",
        "args": {"archived": false, "limit": SMALL, "userId": "user_2abcdefghijklmnop"},
    });
    let body = Bytes::from(body.to_string());
    let call = async || {
        let request = client
            .post(url.clone())
            .header(AUTHORIZATION, &key)
            .header(CONTENT_TYPE, "application/json")
            .body(body.clone());
        let response = request.send().await.unwrap();
        assert!(!response.bytes().await.unwrap().is_empty());
    };
    allocations(call).await
}

/// The generated function, called as a service does.
async fn wrapped(url: &str) -> f64 {
    let byod = Byod::builder()
        .main_url(url)
        .listen_to_main(false)
        .development(true)
        .deploy_key(DEPLOY_KEY)
        .encryption_key(EncryptionKey::parse(ENCRYPTION_KEY).unwrap())
        .build()
        .unwrap();
    let session = byod.session("a user", "user_2abcdefghijklmnop");
    let call = async || {
        let args = ListArgs {
            archived: Some(false),
            limit: Some(SMALL as f64),
        };
        let documents = wrapper::list(&session, args).await.unwrap();
        assert_eq!(documents.len(), SMALL);
    };
    allocations(call).await
}

/// The documents that the answer becomes.
fn answer() -> f64 {
    let client = Client::new("https://happy-animal-123.convex.cloud").unwrap();
    let answer = success(&conversations(SMALL));
    let before = ALLOCATOR.stats().allocations;
    for _ in 0..CALLS {
        type Listed = v::Array<v::Document<Conversations>>;
        let documents: Vec<Doc<Conversations>> =
            internals::read_typed::<Listed, _>(&client, answer.as_bytes()).unwrap();
        assert_eq!(documents.len(), SMALL);
    }
    (ALLOCATOR.stats().allocations - before) as f64 / CALLS as f64
}

/// A path that is known only at run time, found among all of main's functions.
fn looked_up() -> f64 {
    const ROUTER: Router =
        Router::new(byod_examples::TABLES).with_functions(byod_examples::FUNCTIONS);
    let before = ALLOCATOR.stats().allocations;
    for _ in 0..CALLS {
        let found = ROUTER.function("conversations.js:list").unwrap();
        assert_eq!(found.path, "conversations:list");
        assert!(ROUTER.function("conversations:unknown").is_none());
    }
    (ALLOCATOR.stats().allocations - before) as f64 / CALLS as f64
}

/// How often a call allocates, once all is warm.
async fn allocations<F: Future<Output = ()>>(call: impl Fn() -> F) -> f64 {
    for _ in 0..20 {
        call().await;
    }
    let before = ALLOCATOR.stats().allocations;
    for _ in 0..CALLS {
        call().await;
    }
    (ALLOCATOR.stats().allocations - before) as f64 / CALLS as f64
}
