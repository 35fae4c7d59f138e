//! `byod fleet run`: keeps all users' deployments on the version that is exported.

use std::path::{Path, PathBuf};
use std::time::Duration;

use byod_fleet::{Keep, Keeper, Order, Round, Told};
use byod_runtime::{Byod, Deployed};
use clap::Args;

use super::super::service::runtime;
use super::deploy::{Rolling, written_version};
use super::engine::Hands;
use super::memory;
use super::progress::say;
use crate::error::Error;

/// The longest pause where main can't be asked.
const LONGEST: Duration = Duration::from_secs(600);

/// How many deployments are tested in a round, at most.
const TESTS: usize = 50;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    rolling: Rolling,
    /// How long from one round to the next, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: u64,
    /// How often each deployment is tested, in hours.
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=8_760))]
    test_every: u64,
    /// One round, for a scheduler of your own; exit status 1 where something is left.
    #[arg(long)]
    once: bool,
    /// Where it is kept who is left alone for a while, so that the next `--once`, or this begun anew, doesn't try those at once; an engine
    /// keeps that itself.
    #[arg(long, value_name = "FILE", conflicts_with = "engine")]
    state: Option<PathBuf>,
}

/// Goes on until it is ended, or for one round: whether that found all well.
pub(crate) fn run(
    config: &Path,
    options: &Options,
    mut told: impl FnMut(&Round) -> Result<(), Error>,
) -> Result<bool, Error> {
    let service = &options.rolling.reached.service;
    let runtime = runtime()?;
    let mut driver = Driver::of(config, options)?;
    let mut version = driver.version();
    let every = Duration::from_secs(options.every);
    let mut pause = every;
    loop {
        let round = runtime.block_on(driver.round());
        // Also of one that was cut off.
        driver.keep(options.state.as_deref())?;
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
        // Made in there: a timer is its runtime's.
        runtime.block_on(async { tokio::time::sleep(pause).await });
        // A new export, which may be in the middle of being written.
        let newer = written_version(config);
        if newer.is_ok_and(|(_, written)| written != version) {
            match driver.change(config, &options.rolling) {
                Ok(()) => version = driver.version(),
                Err(error) => say(&format!("{error}; version {version} is gone on with")),
            }
        }
    }
}

/// What goes on from round to round: here, or at an engine.
enum Driver<'a> {
    Here { byod: Byod, keeper: Keeper },
    Engine { hands: Hands<'a>, order: Order },
}

impl<'a> Driver<'a> {
    fn of(config: &Path, options: &'a Options) -> Result<Self, Error> {
        let rolling = &options.rolling;
        let test_every = Duration::from_secs(options.test_every * 3_600);
        if let Some(hands) = rolling.handed_over.hands() {
            let keep = Keep::default().tests(test_every, TESTS);
            let order = rolling.order(config, &hands)?.keep(keep);
            return Ok(Self::Engine { hands, order });
        }
        let byod = rolling.reached.service.byod(|byod| byod)?;
        let keeper = Keeper::of(rolling.rollout(config)?).tests(test_every, TESTS);
        let keeper = match &options.state {
            Some(file) => match memory::read(file)? {
                Some(memory) => keeper.going_on(memory),
                None => keeper,
            },
            None => keeper,
        };
        Ok(Self::Here { byod, keeper })
    }

    /// Keeps what is known of users, where that is wanted.
    fn keep(&self, state: Option<&Path>) -> Result<(), Error> {
        match (self, state) {
            (Self::Here { keeper, .. }, Some(file)) => memory::write(file, &keeper.memory()),
            _ => Ok(()),
        }
    }

    fn version(&self) -> u64 {
        match self {
            Self::Here { keeper, .. } => keeper.schema_version(),
            Self::Engine { order, .. } => order.schema_version,
        }
    }

    async fn round(&mut self) -> Result<Round, byod_fleet::Error> {
        match self {
            Self::Here { byod, keeper } => keeper.round(byod, tell).await,
            Self::Engine { hands, order } => hands.round(order).await,
        }
    }

    fn change(&mut self, config: &Path, rolling: &Rolling) -> Result<(), Error> {
        match self {
            Self::Here { keeper, .. } => keeper.change(rolling.rollout(config)?),
            Self::Engine { hands, order } => {
                let keep = order.keep;
                *order = rolling.order(config, hands)?;
                order.keep = keep;
            }
        }
        Ok(())
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
