//! What a deployment refuses since it is too much, and files that don't come at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use byod_runtime::Error;
use serde_json::{Value, json};

use super::between::{Becomes, Between};
use super::{AT_ONCE, World, everything};

/// How many of something a function takes.
const MOST: usize = 3;

/// Refuses more, as a deployment does whose transactions may read and write so much and no more.
fn few(path: &str, args: &Value) -> Becomes {
    let many = ["ids", "documents", "parents", "olds", "rows"];
    let count = many
        .iter()
        .filter_map(|name| args[*name].as_array())
        .map(Vec::len);
    let asked = match path {
        "byod/moving:page" | "byod/moving:verify" | "byod/moving:clear" => {
            args["count"].as_f64().map(|count| count as usize)
        }
        "byod/moving:prune" => Some(args["count"].as_f64().map_or(500, |count| count as usize)),
        "byod/moving:documents"
        | "byod/moving:survey"
        | "byod/moving:adopt"
        | "byod/moving:write"
        | "byod/moving:remove" => count.max(),
        // It is given what one page had, and reads twice as much.
        "byod/moving:list" => count.max().map(|count| 2 * count),
        _ => None,
    };
    match asked {
        Some(count) if count > MOST => Becomes::Error("Too many bytes read in a single function"),
        _ => Becomes::Itself,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_too_much_at_once_comes_in_parts() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 4);
    let hers = everything(&world.main, alice);
    let own = Between::start(&world.own, few).await;
    let main = Between::start(&world.main, few).await;
    world.save(alice, &own.url, &world.own.deploy_key()).await;
    let byod = world.builder().main_url(&*main.url).build().unwrap();
    let plan = byod.move_in(alice, "alice").plan().await.unwrap();
    let planned: u64 = plan.tables.iter().map(|table| table.documents).sum();
    assert_eq!(planned, hers.len() as u64);
    // Back as well, where all that was moved is known.
    let moved = byod.move_in(alice, "alice").await.unwrap();
    assert_eq!((moved.documents, moved.kept), (hers.len() as u64, 0));
    let moved = byod.move_out(alice, "alice").await.unwrap();
    assert_eq!((moved.documents, moved.kept), (hers.len() as u64, 0));
    let moved = byod.move_in(alice, "alice").keep(AT_ONCE).await.unwrap();
    assert_eq!((moved.documents, moved.kept), (hers.len() as u64, 0));
    assert_eq!(everything(&world.own, "alice"), hers);
    assert!(everything(&world.main, alice).is_empty());
}

/// A document that can't be read at all stays, and nothing else does for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_that_is_too_large_stays_where_it_is() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 2);
    let notes = world.main.documents("notes");
    let large = notes[0].id().unwrap().to_owned();
    let known = large.clone();
    let main = Between::start(&world.main, move |path, args| {
        let ids = args["ids"].as_array();
        let asks = ids.is_some_and(|ids| ids.contains(&json!(known)));
        let reads = path == "byod/moving:documents" || path == "byod/moving:survey";
        match reads && asks {
            true => Becomes::Error("Too many bytes read in a single function"),
            false => Becomes::Itself,
        }
    })
    .await;
    let byod = world.builder().main_url(&*main.url).build().unwrap();
    let plan = byod.move_in(alice, "alice").plan().await.unwrap();
    assert_eq!(plan.problem, None);
    let stays: Vec<_> = plan
        .tables
        .iter()
        .flat_map(|table| &table.staying)
        .collect();
    assert_eq!((stays.len(), &stays[0].0), (1, &large));
    let moved = byod.move_in(alice, "alice").keep(AT_ONCE).await.unwrap();
    assert_eq!((moved.documents, moved.kept), (9, 1));
    assert_eq!(
        (moved.left[0].table.as_str(), &moved.left[0].id),
        ("notes", &large)
    );
    assert_eq!(everything(&world.main, alice).len(), 1);
    assert_eq!(world.own.count("notes"), 1);
}

/// What main's documents are said to name: there are no files in `byod-local`.
fn with_file(answer: &mut Value) {
    let file = json!({
        "old": "file", "url": "http://127.0.0.1:1/file", "sha256": "s", "size": 5.0,
    });
    answer["files"] = json!([file]);
}

/// Main whose notes name a file.
async fn with_files(world: &World) -> Between {
    Between::start(&world.main, |path, args| {
        match (path, args["table"].as_str()) {
            ("byod/moving:documents", Some("notes")) => Becomes::Changed(Box::new(with_file)),
            _ => Becomes::Itself,
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_that_cannot_be_had_at_once_is_asked_for_again() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 2);
    let (main, asked) = (with_files(&world).await, Arc::new(AtomicU32::new(0)));
    let counted = asked.clone();
    let own = Between::start(&world.own, move |path, _| match path {
        "byod/moving:fetched" => match counted.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Becomes::Error("the other side answers 503"),
            _ => Becomes::Value(json!(true)),
        },
        "byod/moving:files" if counted.load(Ordering::Relaxed) > 2 => {
            Becomes::Value(json!(["file"]))
        }
        _ => Becomes::Itself,
    })
    .await;
    world.save(alice, &own.url, &world.own.deploy_key()).await;
    let byod = world.builder().main_url(&*main.url).build().unwrap();
    let moved = byod.move_in(alice, "alice").keep(AT_ONCE).await.unwrap();
    assert_eq!((moved.documents, moved.notes), (10, vec![]));
    assert_eq!(
        asked.load(Ordering::Relaxed),
        3,
        "and once it has come, no more"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_that_cannot_be_had_calls_the_move_off() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 2);
    let hers = everything(&world.main, alice);
    let main = with_files(&world).await;
    let own = Between::start(&world.own, |path, _| match path {
        "byod/moving:fetched" => Becomes::Error("the other side answers 503"),
        _ => Becomes::Itself,
    })
    .await;
    world.save(alice, &own.url, &world.own.deploy_key()).await;
    let byod = world.builder().main_url(&*main.url).build().unwrap();
    let error = byod.move_in(alice, "alice").await.unwrap_err();
    assert!(
        matches!(&error, Error::NotMoved { reason, .. } if reason.contains("a file of 5 bytes can't be fetched")),
        "{error}"
    );
    assert_eq!(everything(&world.main, alice), hers);
    assert_eq!(
        (world.own.count("notes"), world.own.count("byodMoved")),
        (0, 0)
    );
    assert_eq!(world.main.count("byodMoves"), 0);
}

/// One that is another by now is not there, and the report says so once, however often it was asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_that_is_another_is_told_of_once() {
    let world = World::start().await;
    let alice = &*world.alice;
    // More than one batch.
    world.fill(alice, "hers", 220);
    let main = with_files(&world).await;
    let own = Between::start(&world.own, |path, _| match path {
        "byod/moving:fetched" => Becomes::Value(json!(false)),
        _ => Becomes::Itself,
    })
    .await;
    world.save(alice, &own.url, &world.own.deploy_key()).await;
    let byod = world.builder().main_url(&*main.url).build().unwrap();
    let moved = byod.move_in(alice, "alice").keep(AT_ONCE).await.unwrap();
    let note = "a file of 5 bytes could not be fetched".to_owned();
    assert_eq!((moved.files, moved.notes), (0, vec![(note, 1)]));
}
