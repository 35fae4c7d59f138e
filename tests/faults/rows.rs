//! Every fault, and what is to come of it.

use byod_runtime::Outcome;

use super::answers::{
    bomb, cut, empty, html, huge, moved, not_an_answer, other_type, refused, rejected, retry_after,
    status,
};
use crate::support::certificates::Certificate;
use crate::support::proxy::Fault;
use crate::support::proxy::Fault::{
    Answer, HangConnecting, Instead, ResetConnecting, ResetSending,
};
use crate::support::proxy::Part::{HalfOfBody, HalfOfHead, Head, Nothing};
use crate::support::proxy::Spoiled::{Changed, Hang, Reset, Slow};

/// One fault, and what is to come of it.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) at: Place,
    /// The error's kind; several where the system decides. `ok` for none.
    pub(crate) error: &'static [&'static str],
    /// `None` where there is no error.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) again: Again,
    /// Whether the function runs in each attempt that is struck.
    pub(crate) runs: bool,
    pub(crate) then: Then,
}

/// Where the fault is.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// Nowhere.
    Sound,
    /// In front of the deployment.
    Proxy(Fault),
    /// The same, and only the first call meets it.
    Once(Fault),
    /// The same, where the connection has TLS.
    Tls(Certificate, Option<Fault>),
    /// Nobody listens at the port.
    Refused,
    /// Nobody has the name.
    Unresolvable,
}

/// Which calls are sent again. Where the time is used up by the first attempt, none.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Again {
    Never,
    /// Queries, and mutations with a key.
    Reads,
    All,
}

/// The user's status when it happens again and again.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    /// The deployment stays connected: the fault is the call's.
    Connected,
    /// Blocked after so many failures as are allowed, and the user's record says this.
    Blocked(&'static str),
    /// Blocked by the first.
    BlockedAtOnce(&'static str),
}

use Again::{All, Never, Reads};
use Place::{Once, Proxy, Refused, Tls, Unresolvable};
use Then::{Blocked, BlockedAtOnce, Connected};

const NOT_EXECUTED: Option<Outcome> = Some(Outcome::NotExecuted);
const UNKNOWN: Option<Outcome> = Some(Outcome::Unknown);

const UNREACHABLE: Then = Blocked("the deployment can't be reached: ");
const SILENT: Then = Blocked("the deployment did not answer within 2s");
const INSECURE: Then = Blocked("no secure connection to the deployment: ");
const FOREIGN: Then = Blocked("what answers there is not a Convex deployment");

macro_rules! rows {
    ($($name:literal, $at:expr => $($error:literal)|+, $outcome:expr, $again:expr, $runs:literal, $then:expr;)*) => {
        &[$(Row {
            name: $name,
            at: $at,
            error: &[$($error),+],
            outcome: $outcome,
            again: $again,
            runs: $runs,
            then: $then,
        }),*]
    };
}

/// What happens => the error, whether the function may have run, which calls are
/// sent again, whether the fault struck after the function had run, and what becomes
/// of the user if it goes on.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = rows! {
    // connections
    "refused", Refused => "connect", NOT_EXECUTED, All, false, UNREACHABLE;
    "unresolvable", Unresolvable => "connect" | "timeout", NOT_EXECUTED, All, false, Blocked("the deployment ");
    "reset while connecting (TLS)", Tls(Certificate::Sound, Some(ResetConnecting)) => "connect", NOT_EXECUTED, All, false, UNREACHABLE;
    "hang while connecting (TLS)", Tls(Certificate::Sound, Some(HangConnecting)) => "timeout", NOT_EXECUTED, All, false, Blocked("the deployment did not answer within 300ms");
    "expired certificate", Tls(Certificate::Expired, None) => "tls", NOT_EXECUTED, Never, false, INSECURE;
    "certificate of another host", Tls(Certificate::OfAnotherHost, None) => "tls", NOT_EXECUTED, Never, false, INSECURE;
    "certificate of nobody known", Tls(Certificate::Unknown, None) => "tls", NOT_EXECUTED, Never, false, INSECURE;
    "sound certificate", Tls(Certificate::Sound, None) => "ok", None, Never, true, Connected;
    "reset before the call is read", Proxy(ResetConnecting) => "interrupted", UNKNOWN, Reads, false, UNREACHABLE;
    "reset while sending", Proxy(ResetSending) => "interrupted", UNKNOWN, Reads, false, UNREACHABLE;
    "reset after sending", Proxy(Answer(Reset(Nothing))) => "interrupted", UNKNOWN, Reads, true, UNREACHABLE;
    "reset in the head", Proxy(Answer(Reset(HalfOfHead))) => "interrupted", UNKNOWN, Reads, true, UNREACHABLE;
    "reset in the answer", Proxy(Answer(Reset(HalfOfBody))) => "interrupted", UNKNOWN, Reads, true, UNREACHABLE;

    // time
    "hang before the call is read", Proxy(HangConnecting) => "timeout", UNKNOWN, Never, false, SILENT;
    "hang before the headers", Proxy(Answer(Hang(Nothing))) => "timeout", UNKNOWN, Never, true, SILENT;
    "hang in the headers", Proxy(Answer(Hang(HalfOfHead))) => "timeout", UNKNOWN, Never, true, SILENT;
    "hang after the headers", Proxy(Answer(Hang(Head))) => "timeout", UNKNOWN, Never, true, SILENT;
    "hang in the answer", Proxy(Answer(Hang(HalfOfBody))) => "timeout", UNKNOWN, Never, true, SILENT;
    "one byte a second", Proxy(Answer(Slow)) => "timeout", UNKNOWN, Never, true, SILENT;

    // refusals: nothing has run
    "301 to elsewhere", Proxy(Instead(moved)) => "status", UNKNOWN, Never, false, Blocked("HTTP status 301");
    "400", Proxy(Instead(|| refused(400, "BadJsonBody"))) => "status", NOT_EXECUTED, Never, false, Connected;
    "401", Proxy(Instead(|| refused(401, "Unauthenticated"))) => "rejected", NOT_EXECUTED, Never, false, BlockedAtOnce("does not accept the deploy key");
    "403", Proxy(Instead(|| refused(403, "BadDeployKey"))) => "rejected", NOT_EXECUTED, Never, false, BlockedAtOnce("does not accept the deploy key");
    "404", Proxy(Instead(|| status(404))) => "status", NOT_EXECUTED, Never, false, Blocked("there is no such deployment");
    "425", Proxy(Instead(|| status(425))) => "status", NOT_EXECUTED, All, false, Connected;
    "429", Proxy(Instead(|| refused(429, "RateLimited"))) => "status", NOT_EXECUTED, All, false, Connected;
    "429, Retry-After: 60", Proxy(Instead(|| retry_after("429", "60"))) => "status", NOT_EXECUTED, Never, false, Connected;
    "429, Retry-After: for ever", Proxy(Instead(|| retry_after("429", "99999999999999999999999"))) => "status", NOT_EXECUTED, Never, false, Connected;
    "429 once, Retry-After: 1", Once(Instead(|| retry_after("429", "1"))) => "ok", None, All, false, Connected;
    "503 RejectedBeforeExecution", Proxy(Instead(rejected)) => "status", NOT_EXECUTED, All, false, Blocked("HTTP status 503");
    "503 RejectedBeforeExecution once", Once(Instead(rejected)) => "ok", None, All, false, Connected;

    // answers in place of the function's
    "408", Proxy(Answer(Changed(|_| status(408)))) => "status", UNKNOWN, Reads, true, Blocked("HTTP status 408");
    "409", Proxy(Answer(Changed(|_| status(409)))) => "status", UNKNOWN, Never, true, Connected;
    "500", Proxy(Answer(Changed(|_| refused(500, "InternalServerError")))) => "status", UNKNOWN, Reads, true, Blocked("HTTP status 500");
    "502 as HTML", Proxy(Answer(Changed(|_| html("502 Bad Gateway")))) => "status", UNKNOWN, Reads, true, Blocked("HTTP status 502");
    "503", Proxy(Answer(Changed(|_| refused(503, "Overloaded")))) => "status", UNKNOWN, Reads, true, Blocked("HTTP status 503");
    "503, Retry-After: 60", Proxy(Answer(Changed(|_| retry_after("503", "60")))) => "status", UNKNOWN, Never, true, Blocked("HTTP status 503");
    "520 of a CDN", Proxy(Answer(Changed(|_| html("520 Web Server Returned an Unknown Error")))) => "status", UNKNOWN, Reads, true, Blocked("HTTP status 520");
    "530 of a CDN", Proxy(Answer(Changed(|_| html("530 Origin DNS Error")))) => "status", UNKNOWN, Reads, true, Blocked("HTTP status 530");
    "501", Proxy(Answer(Changed(|_| html("501 Not Implemented")))) => "status", UNKNOWN, Never, true, Blocked("HTTP status 501");
    "504", Proxy(Answer(Changed(|_| html("504 Gateway Timeout")))) => "status", UNKNOWN, Reads, true, Blocked("HTTP status 504");
    "empty body", Proxy(Answer(Changed(|_| empty()))) => "answer", UNKNOWN, Reads, true, FOREIGN;
    "cut JSON", Proxy(Answer(Changed(cut))) => "answer", UNKNOWN, Reads, true, FOREIGN;
    "JSON of something else", Proxy(Answer(Changed(|_| not_an_answer()))) => "answer", UNKNOWN, Reads, true, FOREIGN;
    "HTML with status 200", Proxy(Answer(Changed(|_| html("200 OK")))) => "answer", UNKNOWN, Reads, true, FOREIGN;
    "answer of another content type", Proxy(Answer(Changed(other_type))) => "ok", None, Never, true, Connected;
    "answer over the limit", Proxy(Answer(Changed(|_| huge()))) => "too_large", UNKNOWN, Never, true, Connected;
    "gzip bomb", Proxy(Answer(Changed(|_| bomb()))) => "answer", UNKNOWN, Reads, true, FOREIGN;
};
