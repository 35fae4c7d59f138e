use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::error::ParseError;
use crate::share::Share;

/// How many users of a wave may fail until a roll-out stops: a share of the wave (`2%`), or a
/// number (`5`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum MaxFailures {
    /// That share of the wave's users, rounded down.
    Share(Share),
    /// That many.
    Count(u64),
}

impl MaxFailures {
    /// How many may fail of a wave of that many users.
    pub fn allowed(self, users: u64) -> u64 {
        match self {
            Self::Share(share) => share.of(users),
            Self::Count(count) => count,
        }
    }
}

impl FromStr for MaxFailures {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if let Ok(share) = text.parse() {
            return Ok(Self::Share(share));
        }
        let count = text.trim().parse().map(Self::Count);
        count.map_err(|_| ParseError::new(text, "is no limit on failures; write `2%`, or `5`"))
    }
}

impl TryFrom<String> for MaxFailures {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl fmt::Display for MaxFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => write!(f, "{share}"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

impl Serialize for MaxFailures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// When somebody is deployed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// They have not failed.
    First,
    /// They have, and are tried again.
    Again {
        /// Whether they counted against the limit until now.
        counted: bool,
    },
    /// They have, and are left alone for now.
    Later,
}

/// How many of one wave fail, against how many may: this says who is begun with, whoever drives the roll-out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tally {
    allowed: u64,
    /// How many failed before, and count.
    before: u64,
    /// Those of the wave who failed, now or before.
    failing: u64,
    passed_over: bool,
}

impl Tally {
    /// Of a wave of which so many may fail, and so many did before.
    pub(crate) fn of(allowed: u64, before: u64) -> Self {
        Self {
            allowed,
            before,
            failing: before,
            passed_over: false,
        }
    }

    /// Whether there may be further ones to be begun with.
    pub(crate) fn goes_on(&self) -> bool {
        self.may_begin() || self.before > 0
    }

    /// Whether somebody is begun with. While more fail than may that is nobody new.
    pub(crate) fn begins(&mut self, turn: Turn) -> bool {
        match turn {
            Turn::First => {
                let begins = self.may_begin();
                if !begins {
                    self.pass_over();
                }
                begins
            }
            Turn::Again { .. } => true,
            Turn::Later => false,
        }
    }

    /// Somebody is not begun with whose turn it was.
    pub(crate) fn pass_over(&mut self) {
        self.passed_over = true;
    }

    /// One is done with, who counted until now or didn't, and does now or doesn't.
    pub(crate) fn add(&mut self, turn: Turn, fails: bool) {
        match (turn == Turn::Again { counted: true }, fails) {
            (false, true) => self.failing += 1,
            // Nobody is taken off twice, however often main lists them.
            (true, false) => self.failing = self.failing.saturating_sub(1),
            _ => {}
        }
    }

    /// How many fail, and how many may, where those are more.
    pub(crate) fn beyond(&self) -> Option<(u64, u64)> {
        (!self.may_begin()).then_some((self.failing, self.allowed))
    }

    /// Whether somebody was not begun with whose turn it was: they come before the next wave.
    pub(crate) fn has_passed_over(&self) -> bool {
        self.passed_over
    }

    fn may_begin(&self) -> bool {
        self.failing <= self.allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_share_or_a_number() {
        for (text, of_200) in [("2%", 4), ("0%", 0), ("5", 5), ("100%", 200)] {
            let limit: MaxFailures = text.parse().unwrap();
            assert_eq!(limit.allowed(200), of_200);
            assert_eq!(limit.to_string(), text);
        }
        for text in ["", "-1", "2 percent", "101%"] {
            assert!(text.parse::<MaxFailures>().is_err(), "{text}");
        }
    }
}
