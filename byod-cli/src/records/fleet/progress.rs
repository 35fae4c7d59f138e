//! How far it is: a bar on a terminal, lines elsewhere. On standard error, because the report
//! goes to standard output.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use byod_build::one_line;
use byod_fleet::PlannedWave;
use indicatif::{ProgressBar, ProgressStyle};

/// What is done for each of a number of users, or of how many there are.
pub(super) struct Progress {
    /// `None` where nobody looks on.
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Of that many; without a number, of however many there are.
    pub(super) fn of(users: Option<u64>, what: &str) -> Self {
        if !io::stderr().is_terminal() {
            // Nobody is there to be told that nobody reads this.
            let _ = match users {
                Some(users) => writeln!(io::stderr(), "{users} {what}"),
                None => writeln!(io::stderr(), "{what}"),
            };
            return Self { bar: None };
        }
        let (bar, template) = match users {
            Some(users) => (
                ProgressBar::new(users),
                "{bar:30} {pos} of {len} {msg}, {eta} left",
            ),
            None => (
                ProgressBar::no_length(),
                "{spinner} {pos} users {msg}, {per_sec}",
            ),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar: Some(bar) }
    }

    /// Of a wave, counted from 1.
    pub(super) fn of_wave(number: usize, of: usize, planned: &PlannedWave) -> Self {
        let up_to = planned.up_to;
        let what = format!("users of wave {number} of {of} (up to {up_to}) to deploy to");
        Self::of(Some(planned.due), &what)
    }

    pub(super) fn at(&self, users: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(users);
        }
    }

    pub(super) fn one(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// A line above it.
    pub(super) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => {
                let _ = writeln!(io::stderr(), "{line}");
            }
        }
    }

    /// Prints with the bar out of the way.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A line without a bar.
pub(super) fn say(line: &str) {
    // Nobody is there to be told that nobody reads this.
    let _ = writeln!(io::stderr(), "{}", one_line(line));
}
