//! `byod fleet … --engine`: hands over what is to be done, and looks on.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use byod_fleet::{Begun, Bundles, Digest, Engine, Order, Progress as HowFar, Round};
use byod_runtime::Bundle;
use clap::Args;

use super::super::restate::Restate;
use super::progress::{Progress, say};

/// How long workers may take to begin, until somebody should look after them.
const WAITED: Duration = Duration::from_secs(10);

/// To which engine, and where its workers have the project from.
#[derive(Args)]
pub(super) struct HandedOver {
    /// Hand it over to an engine, whose workers are `byod-fleet serve`: the URL of Restate's ingress.
    #[arg(long, value_name = "restate=URL", requires = "bundles")]
    engine: Option<Restate>,
    /// The folder in which the engine's workers look for the bundled project.
    #[arg(long, value_name = "DIRECTORY", requires = "engine")]
    bundles: Option<PathBuf>,
}

/// An engine, and the folder that its workers read.
pub(super) struct Hands<'a> {
    pub(super) engine: &'a Engine,
    bundles: &'a PathBuf,
}

impl HandedOver {
    pub(super) fn hands(&self) -> Option<Hands<'_>> {
        let (Some(restate), Some(bundles)) = (&self.engine, &self.bundles) else {
            return None;
        };
        let engine = restate.engine();
        Some(Hands { engine, bundles })
    }
}

impl Hands<'_> {
    /// Puts the project where workers look for it.
    pub(super) fn put(&self, bundle: &Bundle) -> Result<Digest, byod_fleet::Error> {
        Bundles::in_folder(self.bundles)?.put(bundle)
    }

    /// Waits for its end. Whoever is interrupted in that stops nothing.
    pub(super) async fn round(&self, order: &Order) -> Result<Round, byod_fleet::Error> {
        let waiting = |round: &Begun| {
            say(&format!(
                "waits for {}, a round of `byod fleet run`, which leaves alone who failed a while ago",
                round.key
            ));
        };
        let begun = self.engine.begin_with_all(order, waiting).await?;
        if begun.order != *order && order.keep.is_none() {
            say(
                "it is under way as it was asked for first: with other `--waves`, `--max-failures`, `--at-once` or `--patience`",
            );
        }
        if order.keep.is_none() {
            say(&format!(
                "the engine does it as {}, whoever looks on; run this again to look on",
                begun.key
            ));
        }
        let (mut progress, mut since) = (None, Some(Instant::now()));
        let look = |how_far: Option<&HowFar>| match how_far {
            Some(how_far) => show(&mut progress, &begun, how_far),
            None => {
                if since.take_if(|since| since.elapsed() > WAITED).is_some() {
                    say(&format!(
                        "no worker has begun with it; their logs say why. They need {}.json in their --bundles",
                        order.bundle
                    ));
                }
            }
        };
        let went = self.engine.follow(&begun, look).await;
        if let Err(byod_fleet::Error::Engine { status: 409, .. }) = &went {
            say(
                "it was stopped (`byod fleet stop`): what was under way is finished, and the same command goes on",
            );
        }
        went
    }
}

/// The wave that is under way.
fn show(progress: &mut Option<(usize, Progress)>, begun: &Begun, how_far: &HowFar) {
    let Some(wave) = how_far.waves.last() else {
        return;
    };
    // A round of those that go on says what it did when it is over.
    if begun.order.keep.is_some() {
        return;
    }
    let number = how_far.waves.len();
    if progress.as_ref().is_none_or(|(shown, _)| *shown != number) {
        let of = how_far.plan.waves.len();
        *progress = Some((number, Progress::of_wave(number, of, &wave.planned)));
    }
    if let Some((_, progress)) = progress {
        progress.at(wave.counts.all());
    }
}
