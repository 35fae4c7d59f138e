use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::error::ParseError;
use crate::share::{Share, WHOLE};

/// The waves of a roll-out: each goes up to a share of all users, the last ones those of all.
///
/// Who is in which follows from the user's id alone, so it is the same each time and on any
/// machine, and the few who come first are always the same.
///
/// ```
/// use byod_fleet::Waves;
///
/// let waves: Waves = "1%,10%,100%".parse()?;
/// assert_eq!(waves.of("some user"), waves.of("some user"));
/// # Ok::<(), byod_fleet::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Waves(Vec<Share>);

impl Waves {
    /// All users at once.
    pub fn all() -> Self {
        Self(vec![Share::ALL])
    }

    /// How far each goes.
    pub fn shares(&self) -> &[Share] {
        &self.0
    }

    /// The user's wave, counted from 0; `None` where the last doesn't go that far.
    pub fn of(&self, user: &str) -> Option<usize> {
        let position = position(user);
        self.0.iter().position(|share| position < share.parts())
    }
}

impl Default for Waves {
    /// `1%,10%,100%`.
    fn default() -> Self {
        Self([1, 10, 100].map(Share::percent).into())
    }
}

/// Where a user stands among all, below [`WHOLE`].
fn position(user: &str) -> u32 {
    let digest: [u8; 32] = Sha256::digest(user).into();
    let [a, b, c, d, ..] = digest;
    let number = u64::from(u32::from_be_bytes([a, b, c, d]));
    ((number * u64::from(WHOLE)) >> 32) as u32
}

impl FromStr for Waves {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let shares: Vec<Share> = text.split(',').map(str::parse).collect::<Result<_, _>>()?;
        if !shares.is_sorted_by(|one, next| one < next) || shares[0].parts() == 0 {
            let problem = "are no waves; each goes further than the one before: `1%,10%,100%`";
            return Err(ParseError::new(text, problem));
        }
        Ok(Self(shares))
    }
}

impl TryFrom<String> for Waves {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl Serialize for Waves {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Waves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares: Vec<String> = self.0.iter().map(Share::to_string).collect();
        f.write_str(&shares.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_read_and_written() {
        assert_eq!(Waves::default().to_string(), "1%,10%,100%");
        assert_eq!("1%, 50%".parse::<Waves>().unwrap().to_string(), "1%,50%");
        for text in ["", "10%,1%", "1%,1%", "0%,100%", "1%,200%", "1"] {
            assert!(text.parse::<Waves>().is_err(), "{text}");
        }
    }

    /// Each has about its share, whatever ids look like; who was in an earlier one stays there.
    #[test]
    fn users_are_spread_evenly() {
        let waves = Waves::default();
        let mut counts = [0; 3];
        for number in 0..100_000 {
            counts[waves.of(&format!("user_{number}")).unwrap()] += 1;
        }
        for (count, expected) in counts.iter().zip([1_000, 9_000, 90_000]) {
            let off = f64::from(*count - expected).abs();
            assert!(off < 4.0 * f64::from(expected).sqrt(), "{counts:?}");
        }
        let short: Waves = "1%,10%".parse().unwrap();
        for number in 0..1_000 {
            let user = format!("user_{number}");
            assert_eq!(short.of(&user), waves.of(&user).filter(|wave| *wave < 2));
        }
        // It must not change from one version to the next.
        assert_eq!(["user_1", "", "k57abc"].map(position), [4753, 8894, 5208]);
    }
}
