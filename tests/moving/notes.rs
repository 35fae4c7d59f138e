//! Notes, changed on either side as apps and their users do.

use std::future::IntoFuture;
use std::time::Duration;

use byod_local::LocalDeployment;
use byod_runtime::Move;
use serde_json::{Value as Json, json};
use tokio::time::timeout;

use super::World;

/// A note's id, by its title.
pub(super) fn note(deployment: &LocalDeployment, title: &str) -> String {
    let notes = deployment.documents("notes");
    let note = notes.iter().find(|note| note.str("title") == Some(title));
    note.unwrap().id().unwrap().to_owned()
}

/// What notes there are called.
pub(super) fn titles(deployment: &LocalDeployment) -> Vec<String> {
    let notes = deployment.documents("notes");
    let titles = notes
        .iter()
        .map(|note| note.str("title").unwrap().to_owned());
    let mut titles: Vec<String> = titles.collect();
    titles.sort();
    titles
}

/// Whether there is one that is called so.
pub(super) fn has(deployment: &LocalDeployment, title: &str) -> bool {
    titles(deployment).iter().any(|one| one == title)
}

/// In an order that says nothing of when they were made.
pub(super) fn sorted(mut all: Vec<Json>) -> Vec<Json> {
    all.sort_by_key(ToString::to_string);
    all
}

/// On the user's deployment, as main calls it.
pub(super) fn change_there(world: &World, title: &str, to: &str) {
    let args = json!({"id": note(&world.own, title), "userId": "alice", "title": to});
    world.own.run("notes:update", args).unwrap();
}

pub(super) fn remove_there(world: &World, title: &str) {
    let args = json!({"id": note(&world.own, title), "userId": "alice"});
    world.own.run("notes:remove", args).unwrap();
}

pub(super) fn change_on_main(world: &World, title: &str, to: &str) {
    let args = json!({"id": note(&world.main, title), "title": to});
    world.main.run_as("alice", "notes:update", args).unwrap();
}

pub(super) fn remove_on_main(world: &World, title: &str) {
    let args = json!({"id": note(&world.main, title)});
    world.main.run_as("alice", "notes:remove", args).unwrap();
}

/// A move whose process is gone once that is so.
pub(super) async fn cut_off(moving: Move, once: impl Fn() -> bool) {
    let mut moving = Box::pin(moving.into_future());
    while !once() {
        let _ = timeout(Duration::from_millis(5), &mut moving).await;
    }
}
