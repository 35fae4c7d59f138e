//! Steps that the engine journals: tried again where that may help, and given up where it can't.

use std::time::Duration;

use byod_runtime::{Error, Outcome};
use restate_sdk::prelude::*;

pub(super) use crate::engine::GONE;

/// About ten minutes, then whoever asked is told.
pub(super) fn attempts() -> RunRetryPolicy {
    RunRetryPolicy::new()
        .initial_delay(Duration::from_millis(500))
        .exponentiation_factor(2.0)
        .max_delay(Duration::from_secs(30))
        .max_attempts(25)
}

/// An error of main: its cause passes, or it has to be seen to.
pub(super) fn of_main(error: Error) -> HandlerError {
    let said = error.to_string();
    match error {
        Error::NoRecord { .. } | Error::RecordChanged { .. } => {
            TerminalError::new_with_code(GONE, said).into()
        }
        error if error.is_retryable() || error.outcome() == Outcome::Unknown => error.into(),
        _ => TerminalError::new(said).into(),
    }
}

/// The same of what is done for the fleet.
pub(super) fn of_fleet(error: crate::Error) -> HandlerError {
    match error {
        crate::Error::Byod(error) => of_main(error),
        error => error.into(),
    }
}
