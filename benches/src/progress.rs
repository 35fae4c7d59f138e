//! A bar that says what is measured at present, and for how long already.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// One step for each part. Where standard error is no terminal, each is a line.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// When the present part began.
    begun: Mutex<Instant>,
}

impl Progress {
    pub(crate) fn of(parts: usize) -> Self {
        let bar = ProgressBar::new(parts as u64);
        // The template is ours, and has nothing that could be wrong in it.
        if let Ok(style) =
            ProgressStyle::with_template("{elapsed_precise} {wide_bar} {pos}/{len} {msg}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            begun: Mutex::new(Instant::now()),
        }
    }

    /// A part begins.
    pub(crate) fn begin(&self, part: &str) {
        *self.begun() = Instant::now();
        if self.bar.is_hidden() {
            eprintln!("measures {part} …");
        }
        self.bar.set_message(part.to_owned());
    }

    fn begun(&self) -> MutexGuard<'_, Instant> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the present part is.
    pub(crate) fn at(&self, what: String) {
        self.bar.set_message(what);
    }

    /// The present part is done.
    pub(crate) fn end(&self) {
        if self.bar.is_hidden() {
            eprintln!("… in {} s", self.begun().elapsed().as_secs());
        }
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
