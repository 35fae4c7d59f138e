use std::cell::Cell;
use std::time::{Duration, Instant};

/// What running a project's modules may cost. A schema that goes beyond a limit
/// is an error; a module of functions is left out with a warning, and the others
/// are read without it. Both name the module that was running.
///
/// ```
/// use byod_build::{Builder, Limits};
///
/// let limits = Limits { memory: 1 << 30, ..Limits::default() };
/// let builder = Builder::new().limits(limits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Work, in turns of loops and calls of functions: for running the schema, and for
    /// all modules of functions that don't come to an end: each is stopped after half of
    /// what such ones have left. What ends takes nothing from it, and each has a twentieth
    /// at least, until such ones have taken twice of it: then no other is run. It is the
    /// engine's own count, so what is read does not depend on the machine or on what else
    /// it does. Default: one and a half billion, which simple loops do in half a minute.
    pub operations: u64,
    /// Wall-clock time for the schema and for each module of functions: the last resort,
    /// where the count does not help. A single operation of the engine, such as `join` of
    /// an array of billions of elements, can't be stopped in the middle: where one takes
    /// as long again, and 2 s at least, reading ends with an error, be it of a module of
    /// functions. Default: 5 minutes.
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
            operations: 1_500_000_000,
            time: Duration::from_secs(300),
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

/// How many operations lie between two questions whether the engine may go on.
pub(crate) const TURN: u64 = 10_000;

/// How long an engine may run.
pub(crate) struct Clock {
    /// Operations that are left, and that were done.
    left: Cell<u64>,
    done: Cell<u64>,
    deadline: Cell<Instant>,
    end: Cell<Option<End>>,
}

/// Why an engine was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Operations,
    Time,
}

impl Clock {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            left: Cell::new(limits.operations),
            done: Cell::new(0),
            deadline: Cell::new(Instant::now() + limits.time),
            end: Cell::new(None),
        }
    }

    /// Begins anew.
    pub(crate) fn allow(&self, operations: u64, time: Duration) {
        self.left.set(operations);
        self.done.set(0);
        self.deadline.set(Instant::now() + time);
        self.end.set(None);
    }

    /// Whether the engine may not go on, asked once a turn.
    pub(crate) fn is_over(&self) -> bool {
        self.done.set(self.done.get().saturating_add(TURN));
        if self.end.get().is_none() {
            let end = match self.left.get().checked_sub(TURN) {
                None => Some(End::Operations),
                Some(left) => {
                    self.left.set(left);
                    (Instant::now() > self.deadline.get()).then_some(End::Time)
                }
            };
            self.end.set(end);
        }
        self.has_stopped()
    }

    /// The operations that were done since it began.
    pub(crate) fn done(&self) -> u64 {
        self.done.get()
    }

    /// Whether something was stopped.
    pub(crate) fn has_stopped(&self) -> bool {
        self.end.get().is_some()
    }

    /// Why something was stopped.
    pub(crate) fn end(&self) -> Option<End> {
        self.end.get()
    }
}
