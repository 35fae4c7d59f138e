use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::error::ParseError;

/// Hundredths of a percent that make the whole.
pub(crate) const WHOLE: u32 = 10_000;

/// A share of all users: `1%`, `12.5%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Share(u32);

impl Share {
    /// All of them.
    pub const ALL: Self = Self(WHOLE);

    /// That many percent; all where it is more.
    pub const fn percent(percent: u32) -> Self {
        match percent < 100 {
            true => Self(percent * 100),
            false => Self::ALL,
        }
    }

    /// How many of the [`WHOLE`] are in it.
    pub(crate) fn parts(self) -> u32 {
        self.0
    }

    /// How many of that many are in it, the rest of a division left out.
    pub(crate) fn of(self, count: u64) -> u64 {
        let of = u128::from(count) * u128::from(self.0) / u128::from(WHOLE);
        u64::try_from(of).unwrap_or(u64::MAX)
    }
}

impl FromStr for Share {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || ParseError::new(text, "is no share; write `10%`, or `0.5%`");
        let number = text.trim().strip_suffix('%').ok_or_else(wrong)?;
        let (whole, part) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || part.len() > 2 || !digits(whole) || !digits(part)
        {
            return Err(wrong());
        }
        let parts: u32 = format!("{whole}{part:0<2}").parse().map_err(|_| wrong())?;
        if parts > WHOLE {
            return Err(wrong());
        }
        Ok(Self(parts))
    }
}

impl TryFrom<String> for Share {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match (part, part % 10) {
            (0, _) => write!(f, "{whole}%"),
            (_, 0) => write!(f, "{whole}.{}%", part / 10),
            _ => write!(f, "{whole}.{part:02}%"),
        }
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_as_it_is_read() {
        for text in ["0%", "1%", "0.5%", "12.25%", "0.05%", "100%"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
        assert_eq!("7.10 %".parse::<Share>().unwrap().to_string(), "7.1%");
        for text in ["", "%", "1", "101%", "-1%", "1.234%", "1,5%", "x%", "1.%x"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_of_a_number_is_a_whole_one() {
        let share: Share = "2%".parse().unwrap();
        assert_eq!(
            [0, 49, 50, 99, 100, 180].map(|n| share.of(n)),
            [0, 0, 1, 1, 2, 3]
        );
        assert_eq!(Share::ALL.of(u64::MAX), u64::MAX);
    }
}
