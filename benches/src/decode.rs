//! Reading an answer into typed documents: the generated types against structs
//! written by hand for serde.

use std::time::Instant;

use byod_bench::deployment::{conversations, success};
use byod_examples::Conversations;
use byod_runtime::{Client, Doc, internals, v};

use crate::calls::typed;
use crate::report::{Requirement, Section, Table, median};

/// Documents of the answer.
const DOCUMENTS: usize = 10_000;

/// How often each reads it, in turns.
const RUNS: usize = 60;

type Documents = Vec<Doc<Conversations>>;

pub(crate) fn measure() -> Result<Section, Box<dyn std::error::Error>> {
    let answer = success(&conversations(DOCUMENTS));
    let answer = answer.as_bytes();
    let client = Client::new("https://happy-animal-123.convex.cloud")?;
    let (mut generated, mut by_hand) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let start = Instant::now();
        let documents: Documents =
            internals::read_typed::<v::Array<v::Document<Conversations>>, _>(&client, answer)?;
        generated.push(start.elapsed().as_secs_f64());
        let found = documents.len();
        drop(documents);
        let start = Instant::now();
        let read = typed::parse(answer).map_err(|error| error.to_string())?;
        by_hand.push(start.elapsed().as_secs_f64());
        if (found, read.len()) != (DOCUMENTS, DOCUMENTS) {
            return Err("the answer was not read whole".into());
        }
    }
    let mut table = Table::new(&["types", "documents/s", "MB/s", "of by hand"]);
    for (name, times) in [("generated", &generated), ("by hand", &by_hand)] {
        let time = median(times.iter().copied());
        let ratio = median(
            by_hand
                .iter()
                .zip(times)
                .map(|(by_hand, time)| by_hand / time),
        );
        table.row(vec![
            name.to_owned(),
            format!("{:.0}", DOCUMENTS as f64 / time),
            format!("{:.0}", answer.len() as f64 / time / 1e6),
            format!("{ratio:.3}"),
        ]);
    }
    let mut section = Section::new(
        format!("Reading an answer of {DOCUMENTS} documents into typed structs"),
        table,
    );
    let pairs = by_hand.iter().zip(&generated);
    section.requirements.push(Requirement::at_least(
        "documents read per second, generated against by hand",
        median(pairs.map(|(by_hand, generated)| by_hand / generated)),
        0.9,
    ));
    Ok(section)
}
