//! Mutations of clients that watch what they write, and what others see of it.

use std::error::Error;
use std::time::{Duration, Instant};

use byod_sync::QueryId;
use futures_util::future::{join_all, try_join_all};
use serde_json::json;
use tokio::time::sleep;

use super::client::{Failure, SyncClient};
use super::ready_frames::ReadyFrames;
use super::world::{Place, Way, World};
use crate::report::{Requirement, Section, Table, median};

/// Clients at a time: half of them write, each what one of the others watches.
const PAIRS: usize = 50;

/// Mutations of each pair in a turn, the mean pause before one, and turns of both ways.
const MUTATIONS: u32 = 15;
const PAUSE: Duration = Duration::from_millis(400);

/// Clients that watch the same document, and how often it is changed.
const WATCHERS: usize = 1000;
const CHANGES: usize = 15;

/// What was measured, in ms.
#[derive(Default)]
struct Times {
    /// From a mutation to its end at the client that asked for it.
    calls: Vec<f64>,
    /// From a mutation to the value at another client.
    updates: Vec<f64>,
}

pub(super) fn measure(world: &World, turns: usize) -> Result<Section, Box<dyn Error>> {
    let mut table = Table::new(&[
        "the note is on",
        "through",
        "mutation p50 ms",
        "p99 ms",
        "value elsewhere p50 ms",
        "p99 ms",
    ]);
    let mut requirements = Vec::new();
    for place in Place::ALL {
        let mut times = Way::ALL.map(|way| (way, Times::default()));
        for _ in 0..turns {
            for (way, times) in &mut times {
                let turn = turn(world, *way, place, times);
                world.runtime.block_on(turn).map_err(plain)?;
            }
        }
        let mut shares = Vec::new();
        for (way, times) in &mut times {
            let mut at = |share| {
                let parts = [&mut times.calls, &mut times.updates];
                parts.map(|times| quantile(times, share))
            };
            let ([call, update], [last_call, last_update]) = (at(0.5), at(0.99));
            let through = match way {
                Way::Direct => "nothing",
                Way::Gateway => "the gateway",
            };
            let figures = [call, last_call, update, last_update];
            let cells = figures.map(|time| format!("{time:.2}"));
            let row = [place.name().to_owned(), through.to_owned()];
            table.row(row.into_iter().chain(cells).collect());
            shares.push(figures);
        }
        let [direct, gateway] = [shares[0], shares[1]];
        for (part, (what, limit)) in [
            ("a mutation, p50", 1.0),
            ("a mutation, p99", 3.0),
            ("a value elsewhere, p50", 1.0),
            ("a value elsewhere, p99", 3.0),
        ]
        .into_iter()
        .enumerate()
        {
            let what = format!("ms added to {what}, on {}", place.name());
            let added = gateway[part] - direct[part];
            requirements.push(Requirement::at_most(what, added, limit));
        }
    }
    let title = format!("Mutations over the sync protocol, {} clients", 2 * PAIRS);
    let mut section = Section::new(title, table);
    section.requirements = requirements;
    Ok(section)
}

async fn turn(world: &World, way: Way, place: Place, times: &mut Times) -> Result<(), Failure> {
    let user = world.user(place);
    let pairs = try_join_all((0..PAIRS).map(async |_| {
        let id = world.note(place, user).map_err(|error| error.to_string())?;
        let (url, token) = world.entrance(way, place, user);
        let args = world.args(way, place, user, json!({"id": id}));
        let mut writer = SyncClient::open(&url, token.clone()).await?;
        let mut reader = SyncClient::open(&url, token).await?;
        writer.watch("notes:get", &args).await?;
        let query = reader.watch("notes:get", &args).await?;
        Ok::<_, Failure>((id, writer, reader, query))
    }))
    .await?;
    let measured = pairs.into_iter().enumerate();
    let measured = measured.map(|(number, (id, mut writer, mut reader, query))| async move {
        let (mut calls, mut updates) = (Vec::new(), Vec::new());
        for mutation in 0..MUTATIONS {
            // Spread over the time, and the same for both ways.
            let part = (number as u32 * 37 + mutation * 11) % 100;
            sleep(PAUSE * part / 50).await;
            let args = json!({"id": id, "title": format!("{number} {mutation}")});
            let args = world.args(way, place, user, args);
            let args = world.written(way, place, args, mutation);
            let begun = Instant::now();
            let took = || begun.elapsed().as_secs_f64() * 1e3;
            let call = async {
                writer.mutate("notes:update", &args).await?;
                Ok::<_, Failure>(took())
            };
            let update = async {
                reader.changed(query).await?;
                Ok::<_, Failure>(took())
            };
            let (call, update) = tokio::try_join!(call, update)?;
            calls.push(call);
            updates.push(update);
        }
        Ok::<_, Failure>((calls, updates))
    });
    for measured in join_all(measured).await {
        let (calls, updates) = measured?;
        times.calls.extend(calls);
        times.updates.extend(updates);
    }
    Ok(())
}

/// One change that many clients of one user watch.
pub(super) fn measure_together(world: &World) -> Result<Section, Box<dyn Error>> {
    let mut table = Table::new(&[
        "the note is on",
        "through",
        "first value ms",
        "last value ms",
        "last of first",
    ]);
    let mut requirements = Vec::new();
    for place in Place::ALL {
        for way in Way::ALL {
            let times = world.runtime.block_on(together(world, way, place));
            let times = times.map_err(plain)?;
            let (first, last, ratio) = medians(&times);
            table.row(vec![
                place.name().to_owned(),
                match way {
                    Way::Direct => "nothing".to_owned(),
                    Way::Gateway => "the gateway".to_owned(),
                },
                format!("{first:.2}"),
                format!("{last:.2}"),
                format!("{ratio:.2}"),
            ]);
            if way == Way::Gateway {
                let what = format!(
                    "the last of {WATCHERS} values, times the first, on {}",
                    place.name()
                );
                requirements.push(Requirement::at_most(what, ratio, 3.0));
            }
        }
    }
    let times = world.runtime.block_on(ready_frames());
    let (first, last, ratio) = medians(&times.map_err(plain)?);
    let cells = [first, last, ratio].map(|figure| format!("{figure:.2}"));
    let row = ["nowhere", "a loop that writes ready frames"].map(str::to_owned);
    table.row(row.into_iter().chain(cells).collect());
    let title = format!("A change that {WATCHERS} clients watch");
    let mut section = Section::new(title, table);
    section.requirements = requirements;
    section.notes.push(
        "All clients are in one process, on the same cores as whoever answers them: the last row is what the way to them takes alone, and their reading.".to_owned(),
    );
    Ok(section)
}

/// Of the first and the last values, and of the last ones times the first.
fn medians(times: &[(f64, f64)]) -> (f64, f64, f64) {
    (
        median(times.iter().map(|(first, _)| *first)),
        median(times.iter().map(|(_, last)| *last)),
        median(times.iter().map(|(first, last)| last / first)),
    )
}

/// When the first and the last value came after each change, in ms.
async fn together(world: &World, way: Way, place: Place) -> Result<Vec<(f64, f64)>, Failure> {
    let user = world.user(place);
    let id = world.note(place, user).map_err(|error| error.to_string())?;
    let (url, token) = world.entrance(way, place, user);
    let args = world.args(way, place, user, json!({"id": id}));
    let mut clients = Vec::with_capacity(WATCHERS);
    for _ in 0..WATCHERS {
        let mut client = SyncClient::open(&url, token.clone()).await?;
        let query = client.watch("notes:get", &args).await?;
        clients.push((client, query));
    }
    let mut times = Vec::new();
    for change in 0..CHANGES {
        let begun = Instant::now();
        world.change(place, user, &id, &change.to_string())?;
        times.push(came(&mut clients, begun).await?);
    }
    Ok(times)
}

/// The same where nothing else has to be done.
async fn ready_frames() -> Result<Vec<(f64, f64)>, Failure> {
    let (mut all, mut clients) = ReadyFrames::start(WATCHERS).await?;
    let mut times = Vec::new();
    for _ in 0..CHANGES {
        let begun = Instant::now();
        // On the other thread, as deployments are.
        let changed = tokio::spawn(async move {
            all.change().await?;
            Ok::<_, Failure>(all)
        });
        times.push(came(&mut clients, begun).await?);
        all = changed.await??;
    }
    Ok(times)
}

/// When the first and the last of the clients had another value, in ms.
async fn came(
    clients: &mut [(SyncClient, QueryId)],
    begun: Instant,
) -> Result<(f64, f64), Failure> {
    let came = join_all(clients.iter_mut().map(|(client, query)| async move {
        client.changed(*query).await?;
        Ok::<_, Failure>(begun.elapsed().as_secs_f64() * 1e3)
    }));
    let came: Vec<f64> = came.await.into_iter().collect::<Result<_, _>>()?;
    let first = came.iter().copied().fold(f64::INFINITY, f64::min);
    let last = came.iter().copied().fold(0.0, f64::max);
    Ok((first, last))
}

fn quantile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let place = (times.len() as f64 * share) as usize;
    let last = times.len().saturating_sub(1);
    times.get(place.min(last)).copied().unwrap_or(f64::NAN)
}

fn plain(error: Failure) -> Box<dyn Error> {
    error
}
