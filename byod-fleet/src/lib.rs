#![doc = include_str!("../README.md")]

#[cfg(feature = "engine")]
mod engine;
mod error;
mod failures;
mod keeper;
mod outcome;
mod records;
mod rollout;
mod share;
mod status;
mod tool;
mod waves;

#[cfg(feature = "serve")]
pub use engine::serve;
#[cfg(feature = "engine")]
pub use engine::{Begun, Bundles, Digest, Done, Engine, Keep, MoveOrder, Order, Progress, Stays};
pub use error::{Error, ParseError};
pub use failures::MaxFailures;
pub use keeper::{Keeper, Memory, Round};
pub use outcome::{Choice, Counts, NotDeployed, Outcome};
pub use rollout::{Failure, Plan, PlannedWave, Report, Rollout, Stopped, Told, WaveReport};
pub use share::Share;
pub use status::{Problem, Row, Status, Totals};
pub use tool::write_bundle;
pub use waves::Waves;
