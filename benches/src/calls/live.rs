//! Watched queries: how long a change takes to whoever watches it, and what those cost
//! that it doesn't touch. Every contender watches by one socket of one deployment, in a
//! process of its own, by turns.

mod subscriber;

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use byod_local::{Local, LocalDeployment, Value};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::external::build_official;
use crate::report::{Requirement, Section, Table, median};
pub(crate) use subscriber::watch_by_byod;
use subscriber::{Kind, Subscriber};

/// How many queries are watched in one process.
const SUBSCRIPTIONS: [usize; 3] = [1, 100, 10_000];

/// Changes of one document in a turn, and turns of each contender.
const CHANGES: usize = 60;
const TURNS: usize = 3;

/// Where as many values come as can: how many documents are watched, how often all change at once, and how many changes
/// of one come one after the other.
const TOGETHER: usize = 1000;
const TIMES: usize = 15;
const IN_TURN: usize = 500;

/// What came of one contender's turns.
#[derive(Default)]
struct Outcome {
    /// From the mutation's acknowledgement to the value, in µs.
    delays: Vec<f64>,
    /// The subscriber's time on its processor for one change, in µs.
    costs: Vec<f64>,
    /// Resident bytes for each subscription, with its value.
    bytes: Vec<f64>,
}

/// Measures; where it is `brief`, without what takes the official clients minutes.
pub(crate) fn measure(
    program: &Path,
    scratch: &Path,
    brief: bool,
) -> Result<Vec<Section>, Box<dyn Error>> {
    build_official(scratch)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let world = World::start(program, scratch, runtime)?;
    let mut table = Table::new(&[
        "subscriptions",
        "client",
        "p50 in µs",
        "p99 in µs",
        "cost of a change in µs",
        "bytes each",
    ]);
    let mut figures = Vec::new();
    for count in SUBSCRIPTIONS {
        let mut kinds = Kind::ALL.to_vec();
        if brief && count > TOGETHER {
            kinds.retain(|kind| *kind == Kind::Byod);
        }
        let outcomes = kinds.into_iter().map(|kind| (kind, Outcome::default()));
        let mut outcomes: Vec<_> = outcomes.collect();
        // Where there are many, the crate takes minutes to begin.
        let turns = if brief || count > TOGETHER { 1 } else { TURNS };
        for _ in 0..turns {
            for (kind, outcome) in &mut outcomes {
                eprintln!("{count} subscriptions by {kind} …");
                world.turn(*kind, count, outcome)?;
            }
        }
        for (kind, mut outcome) in outcomes {
            let [p50, p99] = [0.5, 0.99].map(|share| outcome.delay(share));
            let cost = median(outcome.costs.iter().copied());
            let bytes = median(outcome.bytes.iter().copied());
            table.row(vec![
                count.to_string(),
                kind.to_string(),
                format!("{p50:.0}"),
                format!("{p99:.0}"),
                format!("{cost:.0}"),
                if count > 1 {
                    format!("{bytes:.0}")
                } else {
                    "-".to_owned()
                },
            ]);
            figures.push(((kind, count), (p50, cost, bytes)));
        }
    }
    let figure = |kind, count| {
        let found = figures.iter().find(|(of, _)| *of == (kind, count));
        found.map_or((f64::NAN, f64::NAN, f64::NAN), |(_, figure)| *figure)
    };
    let mut one = Section::new("A change of one document that is watched", table);
    let (byod, crate_) = (figure(Kind::Byod, 1), figure(Kind::Crate, 1));
    one.requirements = vec![
        Requirement::at_most(
            "p50 with one subscription, times the crate's",
            byod.0 / crate_.0,
            1.0,
        ),
        Requirement::at_most(
            "cost of a change beside 10,000 untouched, times beside none",
            figure(Kind::Byod, 10_000).1 / byod.1,
            1.5,
        ),
        Requirement::at_most(
            "bytes a subscription, beside its value's text",
            figure(Kind::Byod, 10_000).2 - world.text()?,
            4096.0,
        ),
    ];

    let mut table = Table::new(&[
        "client",
        "one after the other",
        "all at once",
        "of its processor, all at once",
    ]);
    let mut rates = Vec::new();
    for kind in Kind::ALL {
        eprintln!("{TOGETHER} subscriptions, as many values as can be, by {kind} …");
        let turns = if brief { 1 } else { TURNS };
        let turns = (0..turns).map(|_| Ok([world.in_turn(kind)?, world.together(kind)?]));
        let turns = turns.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        let of = |rate: fn(&[Rate; 2]) -> f64| median(turns.iter().map(rate));
        let in_turn = of(|[in_turn, _]| in_turn.values);
        let together = of(|[_, together]| together.values);
        let of_processor = of(|[_, together]| together.of_processor);
        let mut row = vec![kind.to_string()];
        row.extend([in_turn, together, of_processor].map(|rate| format!("{rate:.0}")));
        table.row(row);
        rates.push(in_turn);
    }
    let title = format!("Values a second, of {TOGETHER} documents that are watched");
    let mut all = Section::new(title, table);
    // All at once, the deployment has more to do than who watches; and the crate, which reads all results for whichever
    // has changed, does nothing in vain.
    all.requirements.push(Requirement::at_least(
        "values a second one after the other, times the crate's",
        rates[0] / rates[1],
        5.0,
    ));
    Ok(vec![one, all])
}

/// How many values came in a second, and in one of the subscriber's processor.
struct Rate {
    values: f64,
    of_processor: f64,
}

impl Outcome {
    fn delay(&mut self, share: f64) -> f64 {
        self.delays.sort_by(f64::total_cmp);
        let place = (self.delays.len() as f64 * share) as usize;
        let last = self.delays.len().saturating_sub(1);
        self.delays
            .get(place.min(last))
            .copied()
            .unwrap_or(f64::NAN)
    }
}

/// The deployment, and a user who has as many notes as are ever watched.
struct World<'a> {
    program: &'a Path,
    scratch: &'a Path,
    main: LocalDeployment,
    user: String,
    token: String,
    notes: Vec<String>,
    /// The deployment's own.
    _runtime: Runtime,
}

impl<'a> World<'a> {
    fn start(
        program: &'a Path,
        scratch: &'a Path,
        runtime: Runtime,
    ) -> Result<Self, Box<dyn Error>> {
        let manifest = byod_local::read_manifest(byod_examples::MANIFEST)?;
        // A function that writes all notes that are watched together.
        let main = Local::main(&manifest).function("ai:embed", |ctx, args| {
            let title = args.str("text").unwrap_or_default();
            for note in ctx.query("notes").take(TOGETHER)? {
                let id = note.id().unwrap_or_default();
                ctx.patch(id, [("title", Value::from(title))])?;
            }
            Ok(json!([]))
        });
        let main = runtime.block_on(main.start())?;
        let account = json!({
            "subject": "alice", "name": "Alice", "email": "alice@example.org",
            "createdAt": 0.0, "updatedAt": 0.0,
        });
        let user = main.insert("users", account)?;
        let most = SUBSCRIPTIONS.into_iter().max().unwrap_or_default();
        let notes = (0..most).map(|number| {
            let note = json!({
                "userId": user, "title": number.to_string(), "content": "a note".repeat(20),
                "createdAt": 0.0, "updatedAt": 0.0,
            });
            main.insert("notes", note)
        });
        Ok(Self {
            program,
            scratch,
            notes: notes.collect::<Result<_, _>>()?,
            token: main.token_for("alice", Duration::from_secs(24 * 3600))?,
            user,
            main,
            _runtime: runtime,
        })
    }

    /// How long the text of a note is, in bytes.
    fn text(&self) -> Result<f64, Box<dyn Error>> {
        let note = self.main.documents("notes").pop().ok_or("no notes")?;
        Ok(serde_json::to_string(&note)?.len() as f64)
    }

    fn subscriber(&self, kind: Kind) -> Result<Subscriber, Box<dyn Error>> {
        let environment = [
            ("DEPLOYMENT_URL", self.main.url()),
            ("DEPLOY_KEY", self.main.deploy_key()),
            ("TOKEN", self.token.clone()),
            ("USER_ID", self.user.clone()),
        ];
        Subscriber::start(kind, self.program, self.scratch, &environment)
    }

    /// Changes one document after the other, each once the value of the last is there.
    fn turn(&self, kind: Kind, count: usize, outcome: &mut Outcome) -> Result<(), Box<dyn Error>> {
        let mut subscriber = self.subscriber(kind)?;
        let before = subscriber.watch(&self.notes[..1])?;
        let rest = &self.notes[1..count];
        if !rest.is_empty() {
            let after = subscriber.watch(rest)?;
            outcome
                .bytes
                .push((after.bytes - before.bytes) / rest.len() as f64);
        }
        let begun = subscriber.processor()?;
        for change in 0..CHANGES {
            let note = &self.notes[change * 7919 % count];
            let title = now().to_string();
            let arguments = json!({"id": note, "title": title});
            self.main.run_as("alice", "notes:update", arguments)?;
            let acknowledged = now();
            let came = subscriber.take(1)?;
            outcome.delays.push(came[0] - acknowledged);
        }
        let ended = subscriber.processor()?;
        outcome.costs.push((ended - begun) / CHANGES as f64);
        Ok(())
    }

    /// Changes all watched documents at once.
    fn together(&self, kind: Kind) -> Result<Rate, Box<dyn Error>> {
        self.rate(kind, TIMES, TOGETHER, |_| {
            let text = json!({"text": now().to_string()});
            self.main.run("ai:embed", text)?;
            Ok(())
        })
    }

    /// Changes one watched document after the other, each once the value of the last is there.
    fn in_turn(&self, kind: Kind) -> Result<Rate, Box<dyn Error>> {
        self.rate(kind, IN_TURN, 1, |time| {
            let note = &self.notes[time * 7919 % TOGETHER];
            let arguments = json!({"id": note, "title": now().to_string()});
            self.main.run_as("alice", "notes:update", arguments)?;
            Ok(())
        })
    }

    fn rate(
        &self,
        kind: Kind,
        times: usize,
        values: usize,
        change: impl Fn(usize) -> Result<(), Box<dyn Error>>,
    ) -> Result<Rate, Box<dyn Error>> {
        let mut subscriber = self.subscriber(kind)?;
        subscriber.watch(&self.notes[..TOGETHER])?;
        let (begun, processor) = (Instant::now(), subscriber.processor()?);
        for time in 0..times {
            change(time)?;
            subscriber.take(values)?;
        }
        let all = (times * values) as f64;
        Ok(Rate {
            values: all / begun.elapsed().as_secs_f64(),
            of_processor: all / (subscriber.processor()? - processor) * 1e6,
        })
    }
}

/// In µs since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1e6).floor()
}
