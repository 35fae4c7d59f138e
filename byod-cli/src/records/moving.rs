//! `byod move`: moves what a user has to their own deployment, or back to main.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use byod_fleet::{Engine, MoveOrder, Stays};
use byod_runtime::{Byod, Direction, KeepFor, Move, MoveReport, Moving, UserId};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::Service;
use super::restate::Restate;
use super::service::runtime;
use crate::error::Error;

/// How often it is asked how far it is.
const LOOK: Duration = Duration::from_millis(500);

/// Where it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    Own,
    Main,
}

/// Whose data, and what is to be done with it.
#[derive(Args)]
pub(crate) struct Options {
    /// The user's id on main.
    #[arg(long)]
    user: String,
    /// Their subject at the auth provider, where that isn't the id.
    #[arg(long)]
    subject: Option<String>,
    /// Where it is to be.
    #[arg(long)]
    to: To,
    /// Move nothing: print what would.
    #[arg(long)]
    dry_run: bool,
    /// Leave what was moved where it was as well, until it moves again. Otherwise it is
    /// deleted there after seven days, by a service that resumes moves.
    #[arg(long)]
    keep: bool,
    /// Hand it over to an engine, whose workers are `byod-fleet serve`: the URL of Restate's ingress. What is said of services'
    /// times and of how much may move, its workers are started with.
    #[arg(
        long,
        value_name = "restate=URL",
        conflicts_with_all = ["most_documents", "most_bytes", "cache_ttl", "timeout"]
    )]
    engine: Option<Restate>,
    /// How many documents, and as many files, are taken to main at the most.
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000_000)]
    most_documents: u64,
    /// How many bytes of both.
    #[arg(long, value_name = "NUMBER", default_value_t = 4 << 30)]
    most_bytes: u64,
    /// The longest time for which a service keeps a user's route, in seconds (its `cache_ttl`).
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=86_400))]
    cache_ttl: u64,
    /// The longest time that a call of a service may take, in seconds (its `timeout`). Until both have passed, the
    /// user's writes are refused.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    #[command(flatten)]
    service: Service,
}

/// What was moved, or would be.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Report {
    Planned(Planned),
    Moved(Moved),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Planned {
    pub(crate) tables: Vec<Table>,
    pub(crate) problem: Option<String>,
    /// How long it would take, as a guess.
    pub(crate) seconds: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Table {
    pub(crate) table: String,
    pub(crate) documents: u64,
    pub(crate) bytes: u64,
    pub(crate) references: u64,
    pub(crate) files: u64,
    pub(crate) file_bytes: u64,
    /// How many can't be on the other side.
    pub(crate) stays: u64,
    pub(crate) staying: Vec<Staying>,
    pub(crate) without: Vec<Note>,
    pub(crate) keeps_time: bool,
    pub(crate) not_looked_into: Vec<String>,
}

/// A document that can't be on the other side.
#[derive(Debug, Serialize)]
pub(crate) struct Staying {
    pub(crate) id: String,
    pub(crate) reason: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Moved {
    pub(crate) documents: u64,
    pub(crate) files: u64,
    pub(crate) kept: u64,
    /// Tables without a field that says when documents were made.
    pub(crate) undated: Vec<String>,
    pub(crate) left: Vec<Left>,
    pub(crate) notes: Vec<Note>,
    pub(crate) seconds: f64,
}

/// A document that is where it was.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Left {
    pub(crate) table: String,
    pub(crate) id: String,
    pub(crate) reason: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Note {
    pub(crate) what: String,
    pub(crate) times: u64,
}

impl Options {
    /// Who the user is to functions.
    fn subject(&self) -> &str {
        self.subject.as_deref().unwrap_or(&self.user)
    }
}

impl Report {
    /// Whether all of it can move, or has.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Planned(planned) => {
                planned.problem.is_none() && planned.tables.iter().all(|table| table.stays == 0)
            }
            Self::Moved(moved) => moved.kept == 0,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<Report, Error> {
    if let Some(restate) = &options.engine
        && !options.dry_run
    {
        return hand_over(options, restate.engine());
    }
    let most = (options.most_documents, options.most_bytes);
    let started = options.service.start_with(|byod| {
        byod.most_moved_out(most.0, most.1)
            .cache_ttl(Duration::from_secs(options.cache_ttl))
            .timeout(Duration::from_secs(options.timeout))
    });
    let (byod, runtime) = started?;
    let (user, subject) = (&*options.user, options.subject());
    let asked = match options.to {
        To::Own => byod.move_in(user, subject),
        To::Main => byod.move_out(user, subject),
    };
    let asked = match options.keep {
        true => asked.keep(KeepFor::Good),
        false => asked,
    };
    runtime.block_on(async {
        if options.dry_run {
            return planned(&asked).await;
        }
        moved(&byod, user, asked).await
    })
}

/// Needs neither main nor its keys: the engine's workers have those.
fn hand_over(options: &Options, engine: &Engine) -> Result<Report, Error> {
    let order = MoveOrder::of(options.subject());
    let order = match options.keep {
        true => order.stays(Stays::ForGood),
        false => order,
    };
    let direction = match options.to {
        To::Own => Direction::In,
        To::Main => Direction::Out,
    };
    let user = UserId::from(&*options.user);
    let progress = Progress::new();
    let moved = engine.move_data(&user, direction, &order, |moving| progress.show(moving));
    let report = runtime()?.block_on(moved)?;
    progress.end();
    Ok(Report::Moved(report.into()))
}

async fn planned(asked: &Move) -> Result<Report, Error> {
    let planned = asked.plan().await?;
    let tables = planned.tables.into_iter().map(|table| Table {
        table: table.table,
        documents: table.documents,
        bytes: table.bytes,
        references: table.references,
        files: table.files,
        file_bytes: table.file_bytes,
        stays: table.stays,
        staying: table
            .staying
            .into_iter()
            .map(|(id, reason)| Staying { id, reason })
            .collect(),
        without: notes(table.without),
        keeps_time: table.keeps_time,
        not_looked_into: table.not_looked_into,
    });
    Ok(Report::Planned(Planned {
        tables: tables.collect(),
        problem: planned.problem,
        seconds: planned.takes.as_secs_f64(),
    }))
}

async fn moved(byod: &Byod, user: &str, asked: Move) -> Result<Report, Error> {
    let progress = Progress::new();
    // Beside each other: main may be slow to say how far it is.
    let report = tokio::select! {
        moved = asked.into_future() => moved?,
        never = watched(byod, user, &progress) => match never {},
    };
    progress.end();
    Ok(Report::Moved(report.into()))
}

impl From<MoveReport> for Moved {
    fn from(report: MoveReport) -> Self {
        let left = report.left.into_iter().map(|left| Left {
            table: left.table,
            id: left.id,
            reason: left.reason,
        });
        Self {
            documents: report.documents,
            files: report.files,
            kept: report.kept,
            undated: report.undated,
            left: left.collect(),
            notes: notes(report.notes),
            seconds: report.took.as_secs_f64(),
        }
    }
}

async fn watched(byod: &Byod, user: &str, progress: &Progress) -> Infallible {
    loop {
        tokio::time::sleep(LOOK).await;
        // What can't be asked now is asked again.
        if let Ok(Some(record)) = byod.user_record(user).await
            && let Some(moving) = &record.moving
        {
            progress.show(moving);
        }
    }
}

fn notes(all: Vec<(String, u64)>) -> Vec<Note> {
    all.into_iter()
        .map(|(what, times)| Note { what, times })
        .collect()
}

/// A bar on a terminal; elsewhere a line for each change. On standard error, because the report goes to
/// standard output.
enum Progress {
    Bar(ProgressBar),
    /// The last one.
    Lines(RefCell<String>),
}

impl Progress {
    fn new() -> Self {
        if !io::stderr().is_terminal() {
            return Self::Lines(RefCell::default());
        }
        let bar = ProgressBar::new(0);
        let template = "{msg} {bar:40} {pos} of {len}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    fn show(&self, moving: &Moving) {
        let at = moving.table.as_deref().unwrap_or_default();
        let phase = &moving.phase;
        match self {
            Self::Bar(bar) => {
                bar.set_length(moving.total as u64);
                bar.set_position(moving.done as u64);
                bar.set_message(format!("{phase} {at}"));
            }
            Self::Lines(last) => {
                let (done, total) = (moving.done, moving.total);
                let line = format!("{phase} {at}: {done} of {total} documents");
                if *last.borrow() != line {
                    // Nobody is there to be told that nobody reads this.
                    let _ = writeln!(io::stderr(), "{line}");
                    last.replace(line);
                }
            }
        }
    }

    fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
