//! `byod fleet run`: keeps all users' deployments on the version that is exported.

use std::io::{self, Write};
use std::time::Duration;

use byod_fleet::{Keeper, Round, Told};
use byod_runtime::Deployed;

use super::deploy::{self, rollout, written_version};
use crate::error::Error;

/// The longest pause where main can't be asked.
const LONGEST: Duration = Duration::from_secs(600);

pub(crate) struct Options {
    pub(crate) deploy: deploy::Options,
    /// How long from one round to the next.
    pub(crate) every: Duration,
    /// How often each deployment is tested.
    pub(crate) test_every: Duration,
    /// Whether one round is all.
    pub(crate) once: bool,
}

/// Goes on until it is ended, or for one round: whether that found all well.
pub(crate) fn run(
    options: &Options,
    mut told: impl FnMut(u64, &Round) -> Result<(), Error>,
) -> Result<bool, Error> {
    let (byod, runtime) = options.deploy.service.start()?;
    let first = rollout(&options.deploy)?;
    let mut version = first.schema_version();
    let mut keeper = Keeper::of(first).tests(options.test_every, 50);
    let mut pause = options.every;
    loop {
        let round = runtime.block_on(keeper.round(&byod, tell));
        match round.map_err(|error| Error::of_fleet(error, &options.deploy.service.module)) {
            Ok(round) => {
                told(version, &round)?;
                if options.once {
                    return Ok(round.is_well());
                }
                pause = options.every;
            }
            // What is missing there doesn't come by waiting.
            Err(error @ Error::NoList { .. }) => return Err(error),
            Err(error) if options.once => return Err(error),
            Err(error) => {
                say(&format!("{error}; it is tried again"));
                pause = (pause * 2).clamp(options.every, LONGEST.max(options.every));
            }
        }
        runtime.block_on(tokio::time::sleep(pause));
        // A new export, which may be in the middle of being written.
        let newer = written_version(&options.deploy.config);
        if newer.is_ok_and(|(_, written)| written != version) {
            match rollout(&options.deploy) {
                Ok(other) => {
                    version = other.schema_version();
                    keeper.change(other);
                }
                Err(error) => say(&format!("{error}; version {version} is gone on with")),
            }
        }
    }
}

fn tell(told: Told<'_>) {
    if let Told::User {
        user,
        outcome: Deployed::Failed(problem),
        ..
    } = told
    {
        say(&format!("{user:?}: {problem}"));
    }
}

fn say(line: &str) {
    // Nobody is there to be told that nobody reads this.
    let _ = writeln!(io::stderr(), "{}", line.escape_debug());
}
