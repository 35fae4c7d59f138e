//! A bundle that isn't at hand. It is looked for in steps that the engine journals, with pauses that the engine waits for: who
//! waits so can be cancelled, which who fails and is called again can't.

use std::time::Duration;

use restate_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The first pause; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(500);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// How often is looked for one that isn't there: for some eight hours.
const ABSENT: u32 = 1_000;

/// How often where another file has its name, which a copy under way has, too: for some two minutes.
const OTHER: u32 = 10;

/// Why a worker hasn't got a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lacking {
    kind: Kind,
    said: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    /// A matter of time, where folders are copied.
    Absent,
    /// Another file has its name: one that is being copied, or that was changed.
    Other,
    /// It is there, and none.
    Unusable,
}

impl Lacking {
    pub(super) fn of(error: Error) -> Self {
        let kind = match &error {
            Error::OtherBundle { .. } => Kind::Other,
            Error::Byod(_) => Kind::Unusable,
            // A folder that can't be read for now.
            _ => Kind::Absent,
        };
        let said = error.to_string();
        Self { kind, said }
    }
}

/// How long one has waited for a bundle.
#[derive(Debug, Default)]
pub(super) struct Patience(u32);

impl Patience {
    /// How long until one looks again; an error where that is in vain.
    pub(super) fn pause(&mut self, lacking: &Lacking) -> Result<Duration, TerminalError> {
        let looks = match lacking.kind {
            Kind::Absent => ABSENT,
            Kind::Other => OTHER,
            Kind::Unusable => 0,
        };
        if self.0 >= looks {
            let said = format!("{}; see to that, and run the same again", lacking.said);
            return Err(TerminalError::new(said));
        }
        let doubled = FIRST * 2_u32.pow(self.0.min(16));
        self.0 += 1;
        Ok(doubled.min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_come_is_waited_for_and_nothing_else() {
        let path = || "bundles/x.json".into();
        let waited = |error: Error| {
            let (lacking, mut patience) = (Lacking::of(error), Patience::default());
            let mut waited = Duration::ZERO;
            loop {
                match patience.pause(&lacking) {
                    Ok(pause) => waited += pause,
                    Err(ended) => return (waited, ended.message().to_owned()),
                }
            }
        };
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let (absent, said) = waited(Error::NoBundle { path: path() });
        assert!(absent > hours(8) && absent < hours(9), "{absent:?}");
        assert!(said.contains("bundles/x.json") && said.ends_with("run the same again"));
        let (other, _) = waited(Error::OtherBundle { path: path() });
        assert!(other > Duration::from_secs(60) && other < Duration::from_secs(180));
        let none = byod_runtime::Bundle::parse(b"{}", 7).unwrap_err();
        assert_eq!(waited(none.into()).0, Duration::ZERO);
    }
}
