//! A bar that says what is measured at present, and for how long already.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// One step for each part. Where standard error is no terminal, each is a line.
pub(crate) struct Progress(ProgressBar);

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
        Self(bar)
    }

    /// A part begins.
    pub(crate) fn begin(&self, part: &str) {
        if self.0.is_hidden() {
            eprintln!("measures {part}");
        }
        self.0.set_message(part.to_owned());
    }

    /// How far the present part is.
    pub(crate) fn at(&self, what: String) {
        self.0.set_message(what);
    }

    /// The present part is done.
    pub(crate) fn end(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
