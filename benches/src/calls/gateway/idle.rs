//! What a client costs the gateway that watches and does nothing else.

use std::error::Error;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::json;

use super::client::{Failure, SyncClient};
use super::world::{Place, User, Way, World};
use crate::report::{Requirement, Section, Table};

/// How many connect at once.
const TOGETHER: usize = 50;

/// So many clients of users who have connected no deployment, each another; and as many of one who has.
pub(super) fn measure(world: &World, count: usize) -> Result<Section, Box<dyn Error>> {
    let mut table = Table::new(&["clients", "whose", "KiB a client"]);
    let begun = world.gateway.resident()?;
    let newcomers = (0..count).map(|number| world.newcomer(&format!("idle|{number}")));
    let newcomers = newcomers.collect::<Result<Vec<_>, _>>()?;
    let before = world.gateway.resident()?;
    let newcomers: Vec<&User> = newcomers.iter().collect();
    let strangers = world.runtime.block_on(open(world, Place::Main, &newcomers));
    let strangers = strangers.map_err(|error| -> Box<dyn Error> { error })?;
    let between = world.gateway.resident()?;
    let alices: Vec<&User> = vec![world.user(Place::Own); count];
    let tabs = world.runtime.block_on(open(world, Place::Own, &alices));
    let tabs = tabs.map_err(|error| -> Box<dyn Error> { error })?;
    let after = world.gateway.resident()?;
    for (whose, bytes) in [
        ("as many users', all on main", between - before),
        ("one user's, on their own deployment", after - between),
    ] {
        let kibibytes = bytes / count as f64 / 1024.0;
        let cells = [count.to_string(), whose.to_owned()];
        let cells = cells.into_iter().chain([format!("{kibibytes:.1}")]);
        table.row(cells.collect());
    }
    let clients = strangers.len() + tabs.len();
    let title = format!("{clients} idle clients with two subscriptions each");
    let mut section = Section::new(title, table);
    section.requirements.push(Requirement::at_most(
        "KiB of the gateway for each idle client",
        (after - begun) / clients as f64 / 1024.0,
        64.0,
    ));
    Ok(section)
}

/// A client of each of the users, with two subscriptions.
async fn open(world: &World, place: Place, users: &[&User]) -> Result<Vec<SyncClient>, Failure> {
    let clients = users.iter().map(|&user| async move {
        let id = world.note(place, user).map_err(|error| error.to_string())?;
        let (url, token) = world.entrance(Way::Gateway, place, user);
        let mut client = SyncClient::open(&url, token).await?;
        client.watch("notes:get", &json!({"id": id})).await?;
        client.watch("notes:list", &json!({"limit": 3.0})).await?;
        Ok::<_, Failure>(client)
    });
    stream::iter(clients)
        .buffer_unordered(TOGETHER)
        .try_collect()
        .await
}
