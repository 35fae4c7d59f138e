use std::cell::Cell;
use std::time::{Duration, Instant};

/// What running a project's modules may cost. A schema that goes beyond a limit
/// is an error; a module of functions is left out with a warning, and the others
/// are read without it. Both name the module that was running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time for running the schema, and for all modules of functions that
    /// don't come to an end: each is stopped after half of what such ones have left.
    /// What ends takes nothing from it, and each has a twentieth at least, until such
    /// ones have taken twice the time: then no other is run. A single operation of the
    /// engine, such as `join` of an array of billions of elements, can't be stopped in
    /// the middle: where one takes as long again, and 2 s at least, reading ends with
    /// an error, be it of a module of functions. Default: 10 s.
    pub time: Duration,
    /// Memory of the JavaScript engine, in bytes. Default: 512 MiB.
    pub memory: usize,
    /// Stack of the JavaScript engine, in bytes. Default: 8 MiB. Recursion
    /// beyond it throws, as it does in every engine.
    pub stack: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            memory: 512 << 20,
            stack: 8 << 20,
        }
    }
}

/// What is longer is as good as for ever, and can't be added to a time.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

impl Limits {
    /// With a time that can be added to any.
    pub(crate) fn bounded(self) -> Self {
        let time = self.time.min(LONGEST);
        Self { time, ..self }
    }
}

/// Until when an engine may run.
pub(crate) struct Clock {
    deadline: Cell<Instant>,
    is_over: Cell<bool>,
}

impl Clock {
    pub(crate) fn new(time: Duration) -> Self {
        Self {
            deadline: Cell::new(Instant::now() + time),
            is_over: Cell::new(false),
        }
    }

    /// Begins anew.
    pub(crate) fn allow(&self, time: Duration) {
        self.deadline.set(Instant::now() + time);
        self.is_over.set(false);
    }

    /// Whether the time is over, looked at now.
    pub(crate) fn is_late(&self) -> bool {
        let late = Instant::now() > self.deadline.get();
        if late {
            self.is_over.set(true);
        }
        late
    }

    /// Whether something was stopped because the time was over.
    pub(crate) fn has_stopped(&self) -> bool {
        self.is_over.get()
    }
}
