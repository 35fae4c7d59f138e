//! How many requests calls cost, counted at the deployment, and what a batch saves.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use byod_bench::deployment::{DEPLOY_KEY, ENCRYPTION_KEY, Process, SMALL};
use byod_examples::conversations::{self, ListArgs};
use byod_runtime::{Byod, EncryptionKey, Session};

use crate::report::{Requirement, Section, Table, median};

/// Queries of a batch.
const BATCH: usize = 50;

/// How often both ways are taken, in turns.
const RUNS: usize = 40;

pub(crate) fn measure(program: &Path) -> Result<Section, Box<dyn Error>> {
    let deployment = Process::start(program, None)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let byod = Byod::builder()
            .main_url(deployment.url())
            .development(true)
            .deploy_key(DEPLOY_KEY)
            .encryption_key(EncryptionKey::parse(ENCRYPTION_KEY)?)
            // The socket by which a process hears of changes is one more, once.
            .listen_to_main(false)
            .build()?;
        let session = byod.session("a user", "the subject");
        let mut counted = Vec::new();
        let mut before = deployment.spent()?.requests;
        let mut requests = || {
            let after = deployment.spent()?.requests;
            let requests = after - before;
            before = after;
            Ok::<_, Box<dyn Error>>(requests)
        };
        one(&session).await?;
        counted.push(("cold call", requests()?, 2));
        one(&session).await?;
        counted.push(("warm call", requests()?, 1));
        batch(&session).await?;
        counted.push(("batch of 50 queries", requests()?, 1));

        let (mut together, mut apart) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let start = Instant::now();
            batch(&session).await?;
            together.push(start.elapsed().as_secs_f64());
            let start = Instant::now();
            for _ in 0..BATCH {
                one(&session).await?;
            }
            apart.push(start.elapsed().as_secs_f64());
        }
        let ratio = median(apart.iter().zip(&together).map(|(apart, one)| apart / one));

        let mut table = Table::new(&["call", "requests", "ms"]);
        let time = |times: &[f64]| format!("{:.3}", median(times.iter().copied()) * 1e3);
        for (name, requests, _) in &counted {
            let ms = match *name {
                "batch of 50 queries" => time(&together),
                _ => "–".to_owned(),
            };
            table.row(vec![(*name).to_owned(), requests.to_string(), ms]);
        }
        let name = format!("{BATCH} calls one after the other");
        table.row(vec![name, BATCH.to_string(), time(&apart)]);

        let mut section = Section::new("Requests, counted at the deployment", table);
        for (name, requests, wanted) in counted {
            let what = format!("requests of a {name}");
            section.requirements.push(Requirement::at_most(
                what,
                requests as f64,
                f64::from(wanted),
            ));
        }
        let what = format!("a batch of {BATCH} against {BATCH} calls, times as fast");
        section
            .requirements
            .push(Requirement::at_least(what, ratio, 10.0));
        Ok(section)
    })
}

fn query(
    session: &Session,
) -> byod_runtime::Query<Vec<byod_runtime::Doc<byod_examples::Conversations>>> {
    let args = ListArgs {
        limit: Some(SMALL as f64),
        ..ListArgs::default()
    };
    conversations::list(session, args)
}

async fn one(session: &Session) -> Result<(), Box<dyn Error>> {
    let documents = query(session).await?;
    match documents.len() {
        SMALL => Ok(()),
        other => Err(format!("{other} documents").into()),
    }
}

async fn batch(session: &Session) -> Result<(), Box<dyn Error>> {
    let queries: Vec<_> = (0..BATCH).map(|_| query(session)).collect();
    let answers = session.batch(queries).await?;
    match answers.iter().all(|documents| documents.len() == SMALL) {
        true => Ok(()),
        false => Err("another answer than asked for".into()),
    }
}
