//! Gives up a reading that can't be stopped. The engine looks at the time between its
//! operations, and a single one may take hours.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::error::Limit;

/// How long the engine has after its time to stop by itself, at least.
const GRACE: Duration = Duration::from_secs(2);

/// How often it is looked whether the engine runs, while it does not.
const PAUSE: Duration = Duration::from_millis(100);

/// What the thread that reads tells the one that waits for it.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// When the engine is given up, and the time that it had.
    end: Option<(Instant, Duration)>,
    /// The module that is running, as the caller would write it.
    running: String,
}

impl Progress {
    /// The engine may run for so long from now on.
    pub(crate) fn allow(&self, time: Duration) {
        self.lock().end = Some((Instant::now() + time + time.max(GRACE), time));
    }

    pub(crate) fn running(&self, module: String) {
        self.lock().running = module;
    }

    /// How long to wait for the engine; an error where that is over.
    fn left(&self) -> Result<Duration, Error> {
        let state = self.lock();
        let Some((end, time)) = state.end else {
            return Ok(PAUSE);
        };
        match end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(Error::Limit {
                module: state.running.clone(),
                limit: Limit::Time(time),
            }),
            left => Ok(left),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads on a thread with that much stack, in bytes. Where the engine neither comes to
/// an end nor stops, the thread is left to itself, which ends with the process.
pub(crate) fn read<T: Send + 'static>(
    stack: usize,
    progress: &Progress,
    read: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = mpsc::channel();
    let send = move || {
        // Nobody waits any more where it was given up.
        let _ = sender.send(read());
    };
    thread::Builder::new()
        .stack_size(stack)
        .spawn(send)
        .map_err(|error| Error::Engine(error.to_string()))?;
    loop {
        match receiver.recv_timeout(progress.left()?) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::Engine("it panicked".to_owned()));
            }
        }
    }
}
