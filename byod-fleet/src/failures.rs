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
