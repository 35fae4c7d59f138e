//! `byod fleet deploy`: brings the project that `byod export` wrote to all users' deployments.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, process};

use byod_build::Builder;
use byod_fleet::{
    MaxFailures, Order, Outcome, Plan, Report as Rolled, Rollout, Told, Waves, write_bundle,
};
use byod_runtime::{Bundle, Deployed, UserId};
use clap::Args;
use serde::Serialize;

use super::super::service::runtime;
use super::Reached;
use super::engine::{HandedOver, Hands};
use super::progress::Progress;
use crate::error::Error;
use crate::export::version_in;
use crate::tree::Tree;

/// To whom, and how.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    rolling: Rolling,
    /// Deploy to this user alone: their id on main.
    #[arg(long, value_name = "USER", conflicts_with_all = ["waves", "max_failures", "dry_run"])]
    only: Option<String>,
    /// Bundle the project and say who would get it; exit status 1 where somebody would.
    #[arg(long)]
    dry_run: bool,
}

/// How a version is brought to all.
#[derive(Args)]
pub(crate) struct Rolling {
    /// Up to which share of all users each wave goes; who is in which is always the same.
    #[arg(long, value_name = "SHARES", default_value_t)]
    waves: Waves,
    /// How many of a wave's users may fail: a share, or a number.
    #[arg(long, value_name = "SHARE or NUMBER", default_value = "2%")]
    max_failures: MaxFailures,
    /// How long a deployment may take to build its new indexes, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    patience: u64,
    #[command(flatten)]
    pub(super) handed_over: HandedOver,
    #[command(flatten)]
    pub(super) reached: Reached,
}

/// What was done, or would be.
#[derive(Debug, Serialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub(crate) enum Report {
    Planned(Plan),
    RolledOut(Rolled),
    #[serde(rename_all = "camelCase")]
    Only {
        user_id: String,
        schema_version: u64,
        outcome: Outcome,
    },
}

impl Report {
    /// Whether everybody has the version whom it was for.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Planned(plan) => plan.waves.iter().all(|wave| wave.due == 0),
            Self::RolledOut(report) => report.is_done(),
            Self::Only { outcome, .. } => matches!(
                outcome,
                Outcome::Pushed | Outcome::Current | Outcome::Newer { .. }
            ),
        }
    }
}

/// Of the project that this `byod.toml` names.
pub(crate) fn deploy(config: &Path, options: &Options) -> Result<Report, Error> {
    if let Some(hands) = options.rolling.handed_over.hands()
        && !options.dry_run
    {
        return hand_over(config, options, &hands);
    }
    let service = &options.rolling.reached.service;
    let (byod, runtime) = service.start()?;
    let rollout = options.rolling.rollout(config)?;
    let schema_version = rollout.schema_version();
    let done = runtime.block_on(async {
        if let Some(user) = &options.only {
            let outcome = rollout.run_for(&byod, &UserId::from(user.as_str())).await?;
            return Ok(Report::Only {
                user_id: user.clone(),
                schema_version,
                outcome: outcome.into(),
            });
        }
        let plan = rollout.plan(&byod).await?;
        if options.dry_run {
            return Ok(Report::Planned(plan));
        }
        let mut progress = None;
        let rolled = rollout.run(&byod, &plan, |told| tell(&mut progress, &plan, told));
        Ok(Report::RolledOut(rolled.await?))
    });
    done.map_err(|error| Error::of_fleet(error, &service.module))
}

/// Needs neither main nor its keys: the engine's workers have those.
fn hand_over(config: &Path, options: &Options, hands: &Hands<'_>) -> Result<Report, Error> {
    let order = options.rolling.order(config, hands)?;
    let schema_version = order.schema_version;
    runtime()?.block_on(async {
        if let Some(user) = &options.only {
            let asked = UserId::from(user.as_str());
            return Ok(Report::Only {
                user_id: user.clone(),
                schema_version,
                outcome: hands.engine.deploy_to(&asked, &order).await?,
            });
        }
        let round = hands.round(&order).await?;
        // Of all who are due there is a report; a round of those that go on may find nothing to do.
        let nothing = || Rolled::nothing(schema_version);
        Ok(Report::RolledOut(round.rolled_out.unwrap_or_else(nothing)))
    })
}

fn tell(progress: &mut Option<Progress>, plan: &Plan, told: Told<'_>) {
    match told {
        Told::Wave { number, planned } => {
            *progress = Some(Progress::of_wave(number, plan.waves.len(), planned));
        }
        Told::User { user, outcome, .. } => {
            let Some(progress) = progress else { return };
            progress.one();
            if let Deployed::Failed(problem) = outcome {
                progress.say(&format!("{user:?}: {problem}"));
            }
        }
        _ => {}
    }
}

/// The version that the exported project says of itself.
pub(super) fn written_version(config: &Path) -> Result<(PathBuf, u64), Error> {
    let folders = Builder::new().config(config).folders()?;
    let folder = folders.user.ok_or_else(|| Error::NoUserFolder {
        config: config.to_owned(),
    })?;
    let version = Tree::named(&folder, config)?.read("byod/version.ts")?;
    let version = version.as_deref().and_then(version_in);
    let version = version.ok_or_else(|| Error::NoVersion {
        folder: folder.clone(),
    })?;
    Ok((folder, version))
}

impl Rolling {
    /// The project of users' deployments, as the official tool bundles it, and how it is rolled out.
    pub(super) fn rollout(&self, config: &Path) -> Result<Rollout, Error> {
        Ok(Rollout::of(self.bundle(config)?)
            .waves(self.waves.clone())
            .max_failures(self.max_failures)
            .at_once(self.reached.at_once.into())
            .recorded(&machine()))
    }

    /// The same to be handed over, with the project where the engine's workers look for it.
    pub(super) fn order(&self, config: &Path, hands: &Hands<'_>) -> Result<Order, Error> {
        let bundle = self.bundle(config)?;
        let (digest, version) = (hands.put(&bundle)?, bundle.schema_version());
        Ok(
            Order::of(digest, version, self.waves.clone(), self.max_failures)
                .patience(Duration::from_secs(self.patience))
                .at_once(self.reached.at_once.into()),
        )
    }

    fn bundle(&self, config: &Path) -> Result<Bundle, Error> {
        let (folder, version) = written_version(config)?;
        let around = folder.parent().unwrap_or(&folder);
        let around = match around.as_os_str().is_empty() {
            true => Path::new("."),
            false => around,
        };
        let patience = Duration::from_secs(self.patience);
        let bundle = write_bundle(around, version)?.with_patience(patience);
        // The tool has read the modules one after the other.
        if written_version(config)?.1 != version {
            return Err(Error::ExportedMeanwhile { folder });
        }
        Ok(bundle)
    }
}

/// What this machine and process are called.
fn machine() -> String {
    let name = ["HOSTNAME", "COMPUTERNAME"].map(|name| env::var(name).ok());
    let name = name.into_iter().flatten().next();
    let name = name.or_else(|| fs::read_to_string("/etc/hostname").ok());
    let name = name.unwrap_or_default();
    match name.trim() {
        "" => format!("process {}", process::id()),
        name => format!("{name}, process {}", process::id()),
    }
}
