//! `byod rotate-key`: seals all users' records with the current encryption key.

use std::io::{self, IsTerminal, Write};

use byod_fleet::Engine;
use byod_runtime::{Byod, ByodBuilder, Records, Resealed, UserDatabaseConfig, UserId};
use clap::Args;
use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::restate::Restate;
use super::service::runtime;
use crate::error::Error;

/// How many records are written at the same time.
const AT_ONCE: usize = 8;

/// How it is to be done.
#[derive(Args)]
pub(crate) struct Options {
    /// Bind every record to its user, so that it opens for no other. Services
    /// that are not byod can't read what is bound.
    #[arg(long)]
    bind: bool,
    /// Write nothing; exit status 1 where a record is to be sealed anew.
    #[arg(long)]
    check: bool,
    /// Have an engine's workers, `byod-fleet serve`, seal each record, in its user's turn: the URL of Restate's ingress. They
    /// need the same keys, and with `--bind` their own `--bind-records`.
    #[arg(long, value_name = "restate=URL")]
    engine: Option<Restate>,
    /// How many records are read at once.
    #[arg(long, value_name = "RECORDS", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    batch: u32,
    /// The module of main that holds the functions for users' records.
    #[arg(long, value_name = "PATH", default_value = "byod/credentials")]
    module: String,
}

/// What became of the records.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// All there are.
    pub(crate) records: usize,
    /// Sealed anew.
    pub(crate) resealed: usize,
    /// To be sealed anew still: with `--check`, nothing is written.
    pub(crate) to_reseal: usize,
    /// Sealed as they should be before.
    pub(crate) up_to_date: usize,
    /// Deleted meanwhile.
    pub(crate) gone: usize,
    /// Left alone.
    pub(crate) unopened: Vec<Unopened>,
}

/// A record that no key opens.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unopened {
    pub(crate) user_id: String,
    pub(crate) field: &'static str,
    pub(crate) reason: String,
}

impl Report {
    /// Whether every record opens with the current key now.
    pub(crate) fn is_done(&self) -> bool {
        self.unopened.is_empty() && self.to_reseal == 0
    }

    /// Keeps an error that is about this record alone.
    fn unopened(&mut self, user: &str, error: Error) -> Result<(), Error> {
        let Error::Byod(byod_runtime::Error::Credentials { field, reason, .. }) = error else {
            return Err(error);
        };
        self.unopened.push(Unopened {
            user_id: user.to_owned(),
            field,
            reason: reason.into(),
        });
        Ok(())
    }
}

/// Main and the keys come from the environment, as a service's do.
pub(crate) fn rotate(options: &Options) -> Result<Report, Error> {
    let byod = ByodBuilder::from_env()?
        .bind_records(options.bind)
        .credentials_module(&*options.module)
        .build()?;
    let report = runtime()?.block_on(async {
        let survey = survey(&byod, options).await?;
        if options.check || survey.to_reseal == 0 {
            return Ok(survey);
        }
        reseal(&byod, options, survey.to_reseal).await
    });
    report.map_err(|error| error.of_rotation(&options.module))
}

/// Opens all records, and writes none.
async fn survey(byod: &Byod, options: &Options) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut pages = Pages::of(byod, options.batch);
    while let Some(page) = pages.next().await? {
        for record in &page.records {
            report.records += 1;
            match byod.needs_reseal(record) {
                Ok(true) => report.to_reseal += 1,
                Ok(false) => report.up_to_date += 1,
                Err(error) => report.unopened(&record.user_id, error.into())?,
            }
        }
    }
    Ok(report)
}

async fn reseal(byod: &Byod, options: &Options, expected: usize) -> Result<Report, Error> {
    let mut report = Report::default();
    let progress = Progress::of(expected);
    let mut pages = Pages::of(byod, options.batch);
    while let Some(page) = pages.next().await? {
        let mut written = stream::iter(&page.records)
            .map(async |record| (record, options.reseal(byod, record).await))
            .buffer_unordered(AT_ONCE);
        while let Some((record, result)) = written.next().await {
            report.records += 1;
            match result {
                Ok(Resealed::Written) => {
                    report.resealed += 1;
                    progress.one();
                }
                Ok(Resealed::UpToDate) => report.up_to_date += 1,
                Ok(Resealed::Gone) => report.gone += 1,
                Err(error) => report.unopened(&record.user_id, error)?,
            }
        }
        progress.batch(report.resealed);
    }
    progress.end();
    Ok(report)
}

impl Options {
    /// Here, or where it was handed over to.
    async fn reseal(&self, byod: &Byod, record: &UserDatabaseConfig) -> Result<Resealed, Error> {
        match &self.engine {
            None => Ok(byod.reseal(record).await?),
            Some(restate) => handed_over(byod, record, restate.engine()).await,
        }
    }
}

/// In the user's turn, by a worker. Whether that has the keys that are meant is looked at each time, for it should not have sealed
/// many with another.
async fn handed_over(
    byod: &Byod,
    record: &UserDatabaseConfig,
    engine: &Engine,
) -> Result<Resealed, Error> {
    if !byod.needs_reseal(record)? {
        return Ok(Resealed::UpToDate);
    }
    let user = UserId::from(&*record.user_id);
    let resealed = engine.reseal(&user).await?;
    let Some(record) = byod.user_record(user).await? else {
        return Ok(Resealed::Gone);
    };
    match byod.needs_reseal(&record) {
        Ok(false) => Ok(resealed),
        Ok(true) | Err(byod_runtime::Error::Credentials { .. }) => Err(Error::OtherKeys {
            user: record.user_id,
        }),
        Err(error) => Err(error.into()),
    }
}

/// All records, a batch at a time.
struct Pages<'a> {
    byod: &'a Byod,
    batch: u32,
    next: Option<String>,
    ended: bool,
}

impl<'a> Pages<'a> {
    fn of(byod: &'a Byod, batch: u32) -> Self {
        Self {
            byod,
            batch,
            next: None,
            ended: false,
        }
    }

    async fn next(&mut self) -> Result<Option<Records>, Error> {
        if self.ended {
            return Ok(None);
        }
        let mut page = self
            .byod
            .user_records(self.next.as_deref(), self.batch)
            .await?;
        self.next = page.next.take();
        self.ended = self.next.is_none();
        Ok(Some(page))
    }
}

/// A bar on a terminal; elsewhere a line per batch. On standard error, because
/// the report goes to standard output.
enum Progress {
    Bar(ProgressBar),
    Lines(usize),
}

impl Progress {
    fn of(expected: usize) -> Self {
        if !io::stderr().is_terminal() {
            return Self::Lines(expected);
        }
        let bar = ProgressBar::new(expected as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len}, {eta} left") {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    fn one(&self) {
        if let Self::Bar(bar) = self {
            bar.inc(1);
        }
    }

    fn batch(&self, done: usize) {
        if let Self::Lines(expected) = self {
            // Nobody is there to be told that nobody reads this.
            let _ = writeln!(io::stderr(), "{done} of {expected} records sealed anew");
        }
    }

    fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
