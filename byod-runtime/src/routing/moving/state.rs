//! How far a move is, as main keeps it: whoever sees to it says so, and nobody else may.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::deployment::Client;
use crate::error::{Endpoint, Error};
use crate::users::{ConnectionStatus, UserId};

const GET: &str = "byod/moves:get";
const OPEN: &str = "byod/moves:open";
const BEGIN: &str = "byod/moves:begin";
const TAKE: &str = "byod/moves:take";
const STEP: &str = "byod/moves:step";
const CANCEL: &str = "byod/moves:cancel";
const RELEASE: &str = "byod/moves:release";
const END: &str = "byod/moves:end";

/// How long nobody else sees to a move that a process has said it does.
const LEASE: Duration = Duration::from_secs(60);

/// Which way data moves.
///
/// ```
/// use byod_runtime::Direction;
///
/// fn words(direction: Direction) -> &'static str {
///     match direction {
///         Direction::In => "to your deployment",
///         Direction::Out => "back to us",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From main to the user's own deployment.
    In,
    /// From the user's own deployment to main.
    Out,
}

impl Direction {
    pub(super) fn back(self) -> Self {
        match self {
            Self::In => Self::Out,
            Self::Out => Self::In,
        }
    }
}

/// How far a move is, as [`Moving::phase`](crate::Moving::phase) spells it.
///
/// ```
/// use byod_runtime::MovePhase;
///
/// assert!(MovePhase::Verify < MovePhase::Tidy); // from which on the other side answers
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MovePhase {
    /// Both sides are asked whether they go together.
    Check,
    /// From here on the user's writes are refused, until it is over.
    Freeze,
    /// Documents and files are copied.
    Copy,
    /// What documents refer to that came after them is filled in.
    References,
    /// Both sides are compared.
    Verify,
    /// The other side answers; what was moved is still where it was, for a while.
    Tidy,
    /// It was called off: what was copied goes.
    Cancel,
}

/// A move, as main has it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) direction: Direction,
    pub(super) phase: MovePhase,
    /// Which credentials the record had when it began, where main tells.
    pub(super) auth_tags: Option<String>,
    /// Which status the record had before, where main tells: again, where it is called off.
    #[serde(default)]
    pub(super) before: Option<ConnectionStatus>,
    /// In milliseconds; `None` for good.
    pub(super) keep_for: Option<f64>,
    pub(super) table: Option<String>,
    pub(super) done: f64,
    pub(super) total: f64,
    pub(super) holder: String,
    /// How many milliseconds ago.
    pub(super) frozen: Option<f64>,
    pub(super) switched: Option<f64>,
    /// For how many milliseconds somebody sees to it.
    pub(super) held: f64,
    pub(super) report: String,
}

/// What main says to who begins a move.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Begun {
    Move(Box<State>),
    /// Why there can be none.
    Not(String),
}

/// One that is over and is to begin again.
#[derive(Serialize)]
pub(super) struct Former<'a> {
    pub(super) id: &'a str,
    pub(super) report: String,
}

/// One that isn't over.
#[derive(Deserialize)]
pub(super) struct Open {
    pub(super) user: String,
    #[serde(rename = "move")]
    pub(super) state: State,
}

#[derive(Clone, Copy, Serialize)]
struct By<'a> {
    user: &'a str,
    holder: &'a str,
    lease: u64,
}

pub(super) async fn get(main: &Client, user: &UserId) -> Result<Option<State>, Error> {
    main.query(GET, &of(user)).await
}

pub(super) async fn open(main: &Client, phase: MovePhase, count: u32) -> Result<Vec<Open>, Error> {
    #[derive(Serialize)]
    struct Args {
        phase: MovePhase,
        count: u32,
    }
    main.query(OPEN, &Args { phase, count }).await
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) subject: &'a str,
    pub(super) direction: Direction,
    pub(super) keep_for: Option<Duration>,
    /// The record's status, where it may be no other.
    pub(super) expected: Option<&'a ConnectionStatus>,
    /// What is to begin again, if it is over still.
    pub(super) again: Option<&'a Former<'a>>,
}

pub(super) async fn begin(
    main: &Client,
    user: &UserId,
    asked: Asked<'_>,
    holder: &str,
) -> Result<Begun, Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Args<'a> {
        #[serde(flatten)]
        by: By<'a>,
        subject: &'a str,
        direction: Direction,
        keep_for: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expected: Option<&'a ConnectionStatus>,
        #[serde(skip_serializing_if = "Option::is_none")]
        again: Option<&'a Former<'a>>,
    }
    let milliseconds = |time: Duration| time.as_millis().try_into().unwrap_or(u64::MAX >> 12);
    let args = Args {
        by: by(user, holder),
        subject: asked.subject,
        direction: asked.direction,
        keep_for: asked.keep_for.map(milliseconds),
        expected: asked.expected,
        again: asked.again,
    };
    // Sent twice it begins one.
    again(main, Endpoint::Mutation, BEGIN, &args).await
}

pub(super) async fn take(
    main: &Client,
    user: &UserId,
    holder: &str,
) -> Result<Option<State>, Error> {
    again(main, Endpoint::Mutation, TAKE, &by(user, holder)).await
}

/// Says how far it is, and perhaps which phase comes now; `false` where it is not this
/// holder's any more, or in another phase.
pub(super) async fn step(
    main: &Client,
    user: &UserId,
    state: &State,
    next: Option<MovePhase>,
) -> Result<bool, Error> {
    #[derive(Serialize)]
    struct Args<'a> {
        #[serde(flatten)]
        by: By<'a>,
        id: &'a str,
        phase: MovePhase,
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<MovePhase>,
        table: Option<&'a str>,
        /// Mains that were exported before want it.
        cursor: (),
        done: f64,
        total: f64,
        report: &'a str,
    }
    let args = Args {
        by: by(user, &state.holder),
        id: &state.id,
        phase: state.phase,
        next,
        table: state.table.as_deref(),
        cursor: (),
        done: state.done,
        total: state.total,
        report: &state.report,
    };
    let stepped: bool = again(main, Endpoint::Mutation, STEP, &args).await?;
    if stepped || next.is_none() {
        return Ok(stepped);
    }
    // It may have been done before its answer was lost.
    let present = get(main, user).await?;
    Ok(present.is_some_and(|present| {
        present.id == state.id && present.holder == state.holder && Some(present.phase) == next
    }))
}

/// Says again and again that it is seen to, until that is not this holder's to say.
pub(super) async fn lost(main: &Client, user: &UserId, state: &State) {
    let mut said = Instant::now();
    loop {
        tokio::time::sleep(LEASE / 3).await;
        match timeout(LEASE / 3, take(main, user, &state.holder)).await {
            Ok(Ok(Some(present))) => {
                let is_off = state.phase != present.phase && present.phase == MovePhase::Cancel;
                if present.holder != state.holder || is_off {
                    return;
                }
                said = Instant::now();
            }
            // It is over.
            Ok(Ok(None)) => std::future::pending().await,
            // By now somebody else may see to it.
            _ if said.elapsed() > LEASE => return,
            _ => {}
        }
    }
}

/// Nobody sees to it any more: whoever asks for it goes on at once.
pub(super) async fn release(main: &Client, user: &UserId, state: &State) {
    // If that fails, it is so after a while.
    let _: Result<Option<()>, Error> = main.mutation(RELEASE, &held(user, state)).await;
}

pub(super) async fn cancel(main: &Client, user: &UserId) -> Result<Option<State>, Error> {
    again(main, Endpoint::Mutation, CANCEL, &of(user)).await
}

/// As what one that is called off is over, which was before it began again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Over {
    pub(super) direction: Direction,
    pub(super) keep_for: Option<f64>,
    pub(super) report: String,
}

pub(super) async fn end(
    main: &Client,
    user: &UserId,
    state: &State,
    former: Option<Over>,
) -> Result<(), Error> {
    #[derive(Serialize)]
    struct Args<'a> {
        #[serde(flatten)]
        held: Held<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        former: Option<Over>,
    }
    let held = held(user, state);
    let _: bool = again(main, Endpoint::Mutation, END, &Args { held, former }).await?;
    Ok(())
}

/// Whose move.
#[derive(Serialize)]
struct Of<'a> {
    user: &'a str,
}

fn of(user: &UserId) -> Of<'_> {
    let user = user.as_str();
    Of { user }
}

/// Which move, and who sees to it.
#[derive(Serialize)]
struct Held<'a> {
    user: &'a str,
    id: &'a str,
    holder: &'a str,
}

fn held<'a>(user: &'a UserId, state: &'a State) -> Held<'a> {
    Held {
        user: user.as_str(),
        id: &state.id,
        holder: &state.holder,
    }
}

fn by<'a>(user: &'a UserId, holder: &'a str) -> By<'a> {
    By {
        user: user.as_str(),
        holder,
        lease: LEASE.as_millis() as u64,
    }
}

/// How often a call is sent that does no harm a second time.
const ATTEMPTS: u32 = 8;

/// Calls a function that may be run twice: again where it failed on the way.
pub(super) async fn again<T: serde::de::DeserializeOwned>(
    client: &Client,
    endpoint: Endpoint,
    path: &str,
    args: &impl Serialize,
) -> Result<T, Error> {
    again_unless(|_| false, client, endpoint, path, args).await
}

/// The same, but for errors of which the caller makes something else.
pub(super) async fn again_unless<T: serde::de::DeserializeOwned>(
    is_final: impl Fn(&Error) -> bool,
    client: &Client,
    endpoint: Endpoint,
    path: &str,
    args: &impl Serialize,
) -> Result<T, Error> {
    let mut pause = Duration::from_millis(50);
    for _ in 1..ATTEMPTS {
        match client.call(endpoint, path, args, client.deadline()).await {
            Err(error) if is_on_the_way(&error) && !is_final(&error) => {
                let random = fastrand::u64(..=pause.as_millis() as u64);
                tokio::time::sleep(pause + Duration::from_millis(random)).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            answer => return answer,
        }
    }
    client.call(endpoint, path, args, client.deadline()).await
}

/// Whether the next attempt may find what this one didn't.
fn is_on_the_way(error: &Error) -> bool {
    match error {
        Error::Connect { .. }
        | Error::Timeout { .. }
        | Error::Interrupted { .. }
        | Error::Busy { .. }
        | Error::Answer { .. } => true,
        Error::Status { status, .. } => *status >= 500 || *status == 429,
        _ => false,
    }
}
