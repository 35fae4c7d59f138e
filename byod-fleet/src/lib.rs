#![doc = include_str!("../README.md")]

mod error;
mod failures;
mod keeper;
mod outcome;
mod progress;
mod records;
mod rollout;
mod share;
mod status;
mod tool;
mod waves;

pub use error::{Error, ParseError};
pub use failures::MaxFailures;
pub use keeper::{Keeper, Round};
pub use outcome::{Choice, Counts};
pub use rollout::{Failure, Plan, PlannedWave, Report, Rollout, Stopped, Told, WaveReport};
pub use share::Share;
pub use status::{Problem, Row, Status, Totals};
pub use tool::write_bundle;
pub use waves::Waves;
