//! What the answers of a hostile deployment cost: memory and processor time, measured,
//! over HTTP/1 and HTTP/2. `cargo test -p byod-runtime --test answers -- --nocapture`
//! prints it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "answers/bodies.rs"]
mod bodies;
#[path = "answers/floods.rs"]
mod floods;
#[path = "answers/hostile.rs"]
mod hostile;
#[path = "answers/meter.rs"]
mod meter;
#[path = "answers/others.rs"]
mod others;
#[path = "answers/settings.rs"]
mod settings;
mod support;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use byod_runtime::{Byod, Client, EncryptionKey};

use hostile::Hostile;

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What another test allocates would be counted, too.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client of it, to be used in one runtime.
fn client(hostile: &Hostile, timeout: Duration) -> Client {
    let byod = Byod::builder()
        .main_url(&hostile.url)
        .deploy_key("prod:x|geheim")
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .timeout(timeout)
        .retries(0);
    let byod = match &hostile.pem {
        Some(pem) => byod.root_certificate(pem.as_str()),
        None => byod,
    };
    byod.build().unwrap().main_client().clone()
}
