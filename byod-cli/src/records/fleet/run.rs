//! `byod fleet run`: keeps all users' deployments on the version that is exported.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use byod_build::one_line;
use byod_fleet::{Keeper, Round, Told};
use byod_runtime::Deployed;
use clap::Args;

use super::deploy::{Rolling, written_version};
use crate::error::Error;

/// The longest pause where main can't be asked.
const LONGEST: Duration = Duration::from_secs(600);

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    rolling: Rolling,
    /// How long from one round to the next, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: u64,
    /// How often each deployment is tested, in hours.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    test_every: u64,
    /// One round, for a scheduler of your own; exit status 1 where something is left.
    #[arg(long)]
    once: bool,
}

/// Goes on until it is ended, or for one round: whether that found all well.
pub(crate) fn run(
    config: &Path,
    options: &Options,
    mut told: impl FnMut(&Round) -> Result<(), Error>,
) -> Result<bool, Error> {
    let (rolling, service) = (&options.rolling, &options.rolling.reached.service);
    let (byod, runtime) = service.start()?;
    let first = rolling.rollout(config)?;
    let mut version = first.schema_version();
    let test_every = Duration::from_secs(options.test_every.saturating_mul(3_600));
    let mut keeper = Keeper::of(first).tests(test_every, 50);
    let every = Duration::from_secs(options.every);
    let mut pause = every;
    loop {
        let round = runtime.block_on(keeper.round(&byod, tell));
        match round.map_err(|error| Error::of_fleet(error, &service.module)) {
            Ok(round) => {
                // A script that asks for one round reads an answer in any case.
                if options.once || !round.is_quiet() {
                    told(&round)?;
                }
                if options.once {
                    return Ok(round.is_well());
                }
                pause = every;
            }
            // What is missing there doesn't come by waiting.
            Err(error @ Error::NoList { .. }) => return Err(error),
            Err(error) if options.once => return Err(error),
            Err(error) => {
                say(&format!("{error}; it is tried again"));
                pause = (pause * 2).clamp(every, LONGEST.max(every));
            }
        }
        runtime.block_on(tokio::time::sleep(pause));
        // A new export, which may be in the middle of being written.
        let newer = written_version(config);
        if newer.is_ok_and(|(_, written)| written != version) {
            match rolling.rollout(config) {
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
    let _ = writeln!(io::stderr(), "{}", one_line(line));
}
