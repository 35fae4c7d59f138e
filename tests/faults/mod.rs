//! What comes of every fault between the runtime and a user's deployment: the error
//! and whether it says that the function ran, how often it did run, the user's
//! status, and how long it took. Over both ways of making connections.
//!
//! `cargo test -p byod-tests --test across faults:: -- --nocapture` prints it as a table. What comes of clients' doings
//! at a gateway has one of its own (`front_end.rs`).

mod answers;
mod front_end;
mod hang;
mod rows;
mod world;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use byod_runtime::{Error, Outcome};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::support::way::Way;
use rows::{Again, Place, ROWS, Row, Then};
use world::{KINDS, Kind, RETRIES, THRESHOLD, TIMEOUT, User, World};

/// What a busy machine may add to the time of a call.
const MARGIN: Duration = Duration::from_secs(8);

/// How many calls are tried at the same time, lest a small machine makes sound ones
/// late.
const AT_ONCE: usize = 40;

/// What came of a call.
struct Seen {
    kind: Kind,
    error: &'static str,
    outcome: Option<Outcome>,
    /// Attempts that reached the proxy.
    sent: Option<usize>,
    ran: usize,
    took: Duration,
    /// The user's status when it had gone on: `connected`, or why not.
    then: String,
    /// What is not as the table says.
    wrong: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_has_its_error_and_nothing_runs_twice() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    answers::ELSEWHERE.set(port).unwrap();
    let visitors = Arc::new(AtomicUsize::new(0));
    let counted = visitors.clone();
    tokio::spawn(async move {
        while elsewhere.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });

    for way in Way::ALL {
        every_fault_over(way).await;
    }
    let visitors = visitors.load(Ordering::SeqCst);
    assert_eq!(visitors, 0, "a redirect was followed, with the deploy key");
}

async fn every_fault_over(way: Way) {
    let world = Arc::new(World::start(way).await);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut cells = Vec::new();
    for row in ROWS {
        for kind in KINDS {
            let (world, places) = (world.clone(), places.clone());
            cells.push(tokio::spawn(async move {
                let _place = places.acquire().await.unwrap();
                try_call(&world, row, kind).await
            }));
        }
    }
    let mut seen = Vec::new();
    for cell in cells {
        seen.push(cell.await.unwrap());
    }

    println!("\n{way:?}: {}", table(&seen));
    let mut wrong = Vec::new();
    for (row, seen) in ROWS.iter().zip(seen.chunks(KINDS.len())) {
        for Seen {
            kind, wrong: what, ..
        } in seen
        {
            wrong.extend(
                what.iter()
                    .map(|what| format!("{}, {kind:?}: {what}", row.name)),
            );
        }
    }
    assert!(
        wrong.is_empty(),
        "{way:?}: not as the table says:\n{}",
        wrong.join("\n")
    );
    assert_eq!(world.strayed(), 0, "calls went to main");
}

/// Makes the call, then makes it again until the user is blocked or should be.
async fn try_call(world: &World, row: &Row, kind: Kind) -> Seen {
    let user = world.user(&format!("{} {kind:?}", row.name), row.at).await;
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };

    let (result, took) = timed(world, &user, kind).await;
    let error = result.as_ref().map_or_else(Error::kind, |()| "ok");
    let outcome = result.as_ref().err().map(Error::outcome);
    let (sent, ran) = (user.sent(), world.ran(&user));

    check(row.error.contains(&error), format!("{result:?}"));
    check(
        outcome == row.outcome,
        format!("the outcome is {outcome:?}"),
    );
    check(took < TIMEOUT + MARGIN, format!("it took {took:?}"));
    let attempts = attempts(row, kind);
    check(
        sent.is_none_or(|sent| sent == attempts),
        format!("sent {sent:?} times"),
    );
    let struck_once = matches!(row.at, Place::Once(_));
    let runs = match (row.runs, struck_once) {
        // The key is good for one.
        (true, _) if kind == Kind::Keyed => 1,
        (true, _) => attempts,
        (false, true) => attempts - 1,
        (false, false) => 0,
    };
    check(ran == runs, format!("it ran {ran} times"));
    if matches!(kind, Kind::Mutation | Kind::Keyed) {
        check(ran <= 1, "it ran more than once".to_owned());
        check(
            world.written(&user) == ran,
            "what ran is not what was written".to_owned(),
        );
    }
    if outcome == Some(Outcome::NotExecuted) {
        check(ran == 0, "it ran, and the error denies it".to_owned());
    }

    let blocked_at_once = matches!(row.then, Then::BlockedAtOnce(_));
    if !blocked_at_once {
        let status = world.status(&user).await;
        check(
            status.enabled,
            format!("blocked by one call: {:?}", status.error),
        );
        // Each fails once at least.
        for _ in 1..THRESHOLD {
            let (_, took) = timed(world, &user, kind).await;
            check(
                took < TIMEOUT + MARGIN,
                format!("another one took {took:?}"),
            );
        }
    }
    let then = afterwards(world, &user, kind, row.then).await;
    let then = then.unwrap_or_else(|what| {
        check(false, what.clone());
        what
    });
    Seen {
        kind,
        error,
        outcome,
        sent,
        ran,
        took,
        then,
        wrong,
    }
}

async fn timed(world: &World, user: &User, kind: Kind) -> (Result<(), Error>, Duration) {
    let start = Instant::now();
    let result = world.call(user, kind).await;
    (result, start.elapsed())
}

/// How often the call is sent.
fn attempts(row: &Row, kind: Kind) -> usize {
    let again = match row.again {
        Again::Never => false,
        Again::Reads => matches!(kind, Kind::Query | Kind::Keyed),
        Again::All => true,
    };
    match (again, row.at) {
        (false, _) => 1,
        (true, Place::Once(_)) => 2,
        (true, _) => 1 + RETRIES as usize,
    }
}

/// The user's status, here and in the record, or what is wrong with it.
async fn afterwards(world: &World, user: &User, kind: Kind, then: Then) -> Result<String, String> {
    let reason = match then {
        Then::Connected => {
            let status = world.status(user).await;
            return match status.enabled {
                true => Ok("connected".to_owned()),
                false => Err(format!("blocked: {:?}", status.error)),
            };
        }
        Then::Blocked(reason) | Then::BlockedAtOnce(reason) => reason,
    };
    // Main is told by a task.
    let stored = || async {
        let record = world.status(user).await.record?;
        record.connection_error
    };
    let begin = Instant::now();
    let stored = loop {
        match stored().await {
            Some(stored) => break stored,
            None if begin.elapsed() > MARGIN => return Err("main was not told".to_owned()),
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    if !stored.contains(reason) {
        return Err(format!("the record says `{stored}`"));
    }
    let status = world.status(user).await;
    if status.enabled || status.error.as_deref() != Some(&stored) {
        return Err(format!("the status is {status:?}"));
    }
    let before = (user.sent(), world.ran(user));
    match world.call(user, kind).await {
        Err(error @ Error::Blocked { .. }) if error.outcome() == Outcome::NotExecuted => {}
        other => return Err(format!("a blocked call gave {other:?}")),
    }
    if (user.sent(), world.ran(user)) != before {
        return Err("a blocked call was sent".to_owned());
    }
    Ok(format!("error: {stored}"))
}

/// A line for each fault: what is the same for all kinds of call, how often each was
/// sent and ran, and its time.
fn table(seen: &[Seen]) -> String {
    let mut text = format!(
        "time-out {TIMEOUT:?}, {RETRIES} retries, blocked after {THRESHOLD} failures in a row; \
         of each kind of call: sent, ran, time in ms\n\n\
         {:<32} {:<11} {:<12} {:<14} {:<14} {:<14} {:<14} afterwards\n",
        "fault", "error", "outcome", "query", "mutation", "with key", "action"
    );
    for (row, seen) in ROWS.iter().zip(seen.chunks(KINDS.len())) {
        let first = &seen[0];
        let outcome = first
            .outcome
            .map_or("-".to_owned(), |outcome| format!("{outcome:?}"));
        let _ = write!(text, "{:<32} {:<11} {outcome:<12}", row.name, first.error);
        for call in seen {
            let sent = call.sent.map_or("-".to_owned(), |sent| sent.to_string());
            let _ = write!(
                text,
                " {sent:>2} {:>2} {:>6}   ",
                call.ran,
                call.took.as_millis()
            );
        }
        let _ = writeln!(text, " {}", first.then);
    }
    text
}
