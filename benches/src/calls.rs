//! A warm query of a user's table, made by every contender in turns.

mod external;
pub(crate) mod gateway;
pub(crate) mod live;
pub(crate) mod load;
pub(crate) mod moving;
mod processor;
mod resident;
pub(crate) mod typed;
mod with_hyper;
mod with_reqwest;
mod wrapper;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use tokio::runtime::Runtime;

use self::external::External;
use self::load::{Contender, Order, Outcome};
pub(crate) use self::wrapper::Wrapper;
use crate::awake::Awake;
use crate::progress::Progress;
use crate::report::{Requirement, Section, Table, median};
use byod_bench::deployment::{LARGE, Process, SMALL};

/// Calls under way at once.
pub(crate) const CONCURRENCY: [usize; 4] = [1, 8, 32, 128];

/// Documents of an answer.
const SIZES: [usize; 2] = [SMALL, LARGE];

/// For how long a contender runs at a time, in milliseconds. Short, so that a busy
/// moment of the machine meets all contenders alike.
const SLICE: u64 = 100;

/// For how long all of it goes on, but for a few rounds at least; and where everything is measured.
const TIME: Duration = Duration::from_secs(150);
const BRIEF: Duration = Duration::from_secs(60);
const FEWEST: usize = 3;

/// How many turns the contenders of this process have in a round. What is required of
/// them is close to one another: a few per cent take many comparisons.
const TURNS: usize = 4;

const WRAPPER: &str = "byod's wrapper";
const REQWEST: &str = "reqwest by hand";
const HYPER: &str = "hyper by hand";
const OFFICIAL: &str = "crate `convex` (WebSocket)";
const NODE: &str = "`ConvexHttpClient` on Node";
const SOURCE: &str = "the source design on Node";

/// Those in this process.
const LOCAL: [&str; 3] = [WRAPPER, REQWEST, HYPER];

/// Contenders in the order of the table.
const CONTENDERS: [&str; 6] = [WRAPPER, REQWEST, HYPER, OFFICIAL, NODE, SOURCE];

/// A contender that can be given orders.
type Run<'a> = Box<dyn FnMut(Order) -> Result<Outcome, Box<dyn Error>> + 'a>;

/// What was measured: for every contender, concurrency and size, an outcome a turn.
pub(crate) struct Measured {
    outcomes: BTreeMap<(&'static str, usize, usize), Vec<Outcome>>,
    /// What part of the time the deployment's core was busy, at most, by contender.
    busy: BTreeMap<(&'static str, usize, usize), Vec<f64>>,
    cores: bool,
    /// Whether both were kept awake.
    awake: bool,
}

/// Measures on cores apart, the deployment's and the contenders'; this thread and
/// all that it starts stays on the latter.
pub(crate) fn measure(
    program: &Path,
    scratch: &Path,
    rounds: usize,
    brief: bool,
    progress: &Progress,
) -> Result<Measured, Box<dyn Error>> {
    external::build_official(scratch)?;
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let (theirs, ours) = match &*cores {
        [first, .., last] => (Some(last.id), Some(*first)),
        _ => (None, None),
    };
    let deployment = Process::start(program, theirs)?;
    let awake: Vec<_> = theirs.into_iter().chain(ours.map(|core| core.id)).collect();
    let mut awake = Awake::keep(program, &awake);
    let pinned = ours.is_some_and(core_affinity::set_for_current);
    let url = deployment.url();
    // As many threads as Node has for its program, in the kind of runtime that
    // services use.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let mut contenders: Vec<(&'static str, Run<'_>)> = vec![
        (WRAPPER, local(&runtime, Wrapper::new(&url)?)),
        (REQWEST, local(&runtime, with_reqwest::Reqwest::new(&url)?)),
        (HYPER, local(&runtime, with_hyper::Hyper::new(&url)?)),
        (OFFICIAL, external(External::official(scratch, &url)?)),
        (NODE, external(External::node("official.mjs", &url)?)),
        (SOURCE, external(External::node("source.mjs", &url)?)),
    ];
    let mut measured = Measured {
        outcomes: BTreeMap::new(),
        busy: BTreeMap::new(),
        cores: pinned,
        awake: false,
    };
    // The first round opens connections and warms up what compiles while it runs.
    let begin = Instant::now();
    let time = if brief { BRIEF } else { TIME };
    for round in 0..=rounds {
        if round > FEWEST && begin.elapsed() > time {
            break;
        }
        progress.at(format!("calls, round {round} of {rounds} at most"));
        for documents in SIZES {
            for concurrency in CONCURRENCY {
                for turn in 0..TURNS {
                    for (name, run) in &mut contenders {
                        let has_turn = turn == 0 || LOCAL.contains(name);
                        if !has_turn || !takes_part(name, concurrency, documents) {
                            continue;
                        }
                        let before = deployment.spent()?;
                        let outcome = run(Order {
                            concurrency,
                            documents,
                            milliseconds: SLICE,
                        })
                        .map_err(|error| format!("{name}: {error}"))?;
                        let after = deployment.spent()?;
                        if round > 0 {
                            let cell = (*name, concurrency, documents);
                            measured.note(cell, outcome, (before.busy, after.busy));
                        }
                    }
                    contenders.reverse();
                }
                contenders.rotate_left(1);
            }
        }
        // Forwards and backwards, from another one on each time, and those that have
        // one turn a round too: nobody always follows the same one.
        contenders.reverse();
    }
    measured.awake = awake.is_whole();
    Ok(measured)
}

/// With large answers to many calls at once, one call takes the official crate seconds,
/// and more and more memory.
fn takes_part(contender: &str, concurrency: usize, documents: usize) -> bool {
    contender != OFFICIAL || documents == SMALL || concurrency <= 8
}

/// A contender in this process.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Local {
    Byod,
    Reqwest,
    Hyper,
}

/// Makes small calls one after the other, and nothing else that a profiler would see.
pub(crate) fn profile(
    program: &Path,
    contender: Local,
    calls: usize,
) -> Result<(), Box<dyn Error>> {
    async fn run(contender: impl Contender, calls: usize) -> Result<(), Box<dyn Error>> {
        for _ in 0..calls {
            let call = contender.call(SMALL).await;
            call.map_err(|error| -> Box<dyn Error> { error })?;
        }
        Ok(())
    }

    let deployment = Process::start(program, None)?;
    let url = deployment.url();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match contender {
            Local::Byod => run(Wrapper::new(&url)?, calls).await,
            Local::Reqwest => run(with_reqwest::Reqwest::new(&url)?, calls).await,
            Local::Hyper => run(with_hyper::Hyper::new(&url)?, calls).await,
        }
    })
}

fn local<'a, C: Contender>(runtime: &'a Runtime, contender: C) -> Run<'a> {
    Box::new(move |order| {
        let outcome = runtime.block_on(load::run(contender.clone(), order));
        outcome.map_err(|error| -> Box<dyn Error> { error })
    })
}

fn external<'a>(mut contender: External) -> Run<'a> {
    Box::new(move |order| contender.run(order))
}

impl Measured {
    fn note(
        &mut self,
        cell: (&'static str, usize, usize),
        outcome: Outcome,
        busy: (Option<Duration>, Option<Duration>),
    ) {
        self.outcomes.entry(cell).or_default().push(outcome);
        if let (Some(before), Some(after)) = busy {
            let slice = Duration::from_millis(SLICE).as_secs_f64();
            let busy = (after - before).as_secs_f64() / slice;
            self.busy.entry(cell).or_default().push(busy);
        }
    }

    fn outcomes(&self, cell: (&'static str, usize, usize)) -> &[Outcome] {
        self.outcomes.get(&cell).map_or(&[], Vec::as_slice)
    }

    fn median(&self, cell: (&'static str, usize, usize), what: fn(&Outcome) -> f64) -> f64 {
        median(self.outcomes(cell).iter().map(what))
    }

    /// The median of what two outcomes of one round are to each other.
    fn ratio(
        &self,
        (one, other): (&'static str, &'static str),
        concurrency: usize,
        documents: usize,
        what: fn(&Outcome) -> f64,
    ) -> f64 {
        let of_round = |name| {
            let outcomes = self.outcomes((name, concurrency, documents));
            // Those in processes of their own have one turn a round.
            let every = match LOCAL.contains(&one) && LOCAL.contains(&other) {
                false if LOCAL.contains(&name) => TURNS,
                _ => 1,
            };
            outcomes.iter().step_by(every)
        };
        median(
            of_round(one)
                .zip(of_round(other))
                .map(|(a, b)| what(a) / what(b)),
        )
    }

    /// Calls per second over concurrency, for the plot.
    pub(crate) fn throughput(&self, documents: usize) -> Vec<(&'static str, Vec<(usize, f64)>)> {
        CONTENDERS
            .map(|name| {
                let cells = CONCURRENCY.map(|concurrency| (name, concurrency, documents));
                let measured = cells.iter().filter(|cell| self.outcomes.contains_key(cell));
                let point = |cell: &(_, usize, _)| (cell.1, self.median(*cell, |o| o.throughput));
                (name, measured.map(point).collect())
            })
            .to_vec()
    }

    pub(crate) fn sections(&self) -> Vec<Section> {
        let mut sections: Vec<_> = SIZES.map(|documents| self.section(documents)).into();
        if let Some(last) = sections.last_mut() {
            last.requirements = self.requirements();
            last.notes = self.notes();
        }
        sections
    }

    fn section(&self, documents: usize) -> Section {
        let mut table = Table::new(&[
            "contender",
            "calls at once",
            "calls/s",
            "of reqwest",
            "p50 µs",
            "p99 µs",
            "p99 of reqwest",
            "server busy",
        ]);
        for name in CONTENDERS {
            for concurrency in CONCURRENCY {
                if !takes_part(name, concurrency, documents) {
                    continue;
                }
                let cell = (name, concurrency, documents);
                let ratio = |what| self.ratio((name, REQWEST), concurrency, documents, what);
                let busy = self.busy.get(&cell).map(|busy| busy.iter().copied());
                table.row(vec![
                    name.to_owned(),
                    concurrency.to_string(),
                    format!("{:.0}", self.median(cell, |outcome| outcome.throughput)),
                    format!("{:.3}", ratio(|outcome| outcome.throughput)),
                    format!("{:.0}", self.median(cell, |outcome| outcome.p50)),
                    format!("{:.0}", self.median(cell, |outcome| outcome.p99)),
                    format!("{:.2}", ratio(|outcome| outcome.p99)),
                    busy.map_or("–".to_owned(), |busy| {
                        format!("{:.0} %", median(busy) * 100.0)
                    }),
                ]);
            }
        }
        Section::new(
            format!("A warm query of a user's table, {documents} documents"),
            table,
        )
    }

    fn requirements(&self) -> Vec<Requirement> {
        let mut requirements = Vec::new();
        for documents in SIZES {
            for concurrency in CONCURRENCY {
                let pair = (WRAPPER, REQWEST);
                let place = format!("{concurrency} at once, {documents} documents");
                let throughput = self.ratio(pair, concurrency, documents, |o| o.throughput);
                requirements.push(Requirement::at_least(
                    format!("throughput against reqwest, {place}"),
                    throughput,
                    0.97,
                ));
                let p99 = self.ratio(pair, concurrency, documents, |o| o.p99);
                requirements.push(Requirement::at_most(
                    format!("p99 against reqwest, {place}"),
                    p99,
                    1.05,
                ));
            }
        }
        for (concurrency, wanted) in [(1, 8.0), (32, 30.0)] {
            let pair = (WRAPPER, SOURCE);
            requirements.push(Requirement::at_least(
                format!("throughput against the source design on Node, {concurrency} at once, {SMALL} documents"),
                self.ratio(pair, concurrency, SMALL, |o| o.throughput),
                wanted,
            ));
        }
        requirements
    }

    fn notes(&self) -> Vec<String> {
        let cores = match self.cores {
            true => "The deployment has one core, the contenders another, all the same one.",
            false => "The deployment and the contenders share the cores: they could not be pinned.",
        };
        let awake = match self.awake {
            false => {
                "The cores are not kept awake: of one call at a time, this measures how long they take to wake up."
            }
            true => {
                "A process on each core keeps it awake, and yields to all others (`chrt --idle`)."
            }
        };
        let mut left = String::from(
            "What reqwest leaves of hyper's throughput, with TLS, time-outs and HTTP/2 not in use: ",
        );
        for documents in SIZES {
            for concurrency in CONCURRENCY {
                let pair = (REQWEST, HYPER);
                let ratio = self.ratio(pair, concurrency, documents, |o| o.throughput);
                left.push_str(&format!(
                    "{ratio:.2} ({concurrency} at once, {documents} documents) "
                ));
            }
        }
        vec![
            cores.to_owned(),
            awake.to_owned(),
            "Ratios are medians of the ratios of single turns, which follow each other.".to_owned(),
            left.trim_end().to_owned(),
            "Crate `convex`: a query is a subscription that ends with its first value, so it costs two messages each way; the values are the crate's own, not typed documents. With large answers to more than 8 calls at once, it takes seconds a call, and is left out.".to_owned(),
        ]
    }
}
