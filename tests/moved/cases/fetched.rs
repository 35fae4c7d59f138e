//! Files that can't be had from where they are: what is no reason to leave one behind, and what is.

use std::future::IntoFuture;

use byod_runtime::Error;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::content::{everything_of, everything_there, files_of};
use crate::faults::answer;
use crate::proxy::{Fault, Spoiled};
use crate::service::{User, World};
use crate::{AT_ONCE, fill};

/// What the file holds, and by what it is known.
const TEXT: &str = "a picture";
const SHA256: &str = "krL6WAKJWDF+QIvYTs+nD17jWxIZkdvCMsSdFmNTcIs=";

/// Has main fetch the user's file from where that is the answer, which ends the connection.
async fn fetched(world: &World, user: &User, answer: Vec<u8>, says: &Value) -> Result<bool, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(&answer).await.unwrap();
        }
    };
    let mut args = json!({
        "user": user.id, "subject": user.subject, "move": "m", "old": "elsewhere", "origin": origin,
        "url": format!("{origin}/api/storage/elsewhere"), "sha256": SHA256, "size": TEXT.len(),
    });
    let fields = args.as_object_mut().unwrap();
    fields.extend(says.as_object().unwrap().clone());
    tokio::select! {
        fetched = world.try_on_main("byod/moving:fetched", &args) => fetched,
        never = server => never,
    }
}

/// A move of which something is listed.
async fn under_way(world: &World, user: &User) {
    let rows = json!([{"old": "n", "created": 1, "hash": "0".repeat(32)}]);
    let list = json!({
        "user": user.id, "subject": user.subject, "move": "m", "table": "notes", "rows": rows,
    });
    let _: Value = world.on_main("byod/moving:list", &list).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_gone_or_another_is_left_behind() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    under_way(&world, &alice).await;
    let (as_it_was, none) = (json!({}), Vec::<Value>::new());
    for (answer, expected) in [
        (answer("401 Unauthorized", ""), Err("answers 401")),
        (answer("403 Forbidden", ""), Err("answers 403")),
        (answer("408 Request Timeout", ""), Err("answers 408")),
        (answer("429 Too Many Requests", ""), Err("answers 429")),
        (answer("503 Service Unavailable", ""), Err("answers 503")),
        (REDIRECT.into(), Err("fetch failed")),
        (ENDS_EARLY.into(), Err("terminated")),
        (ENDS.into(), Err("ended after 5 bytes")),
        (answer("404 Not Found", ""), Ok(false)),
        // Of another size, and with something else in it.
        (answer("200 OK", "a pict"), Ok(false)),
        (answer("200 OK", "a picture and more"), Ok(false)),
        (answer("200 OK", "a pictura"), Ok(false)),
    ] {
        let said = String::from_utf8_lossy(&answer).into_owned();
        match (fetched(&world, &alice, answer, &as_it_was).await, expected) {
            (Ok(is_here), Ok(expected)) => assert_eq!(is_here, expected, "{said}"),
            (Err(error), Err(expected)) => {
                assert!(error.to_string().contains(expected), "{said}: {error}");
            }
            (got, _) => panic!("{said}: {got:?}"),
        }
        assert_eq!(files_of(&world).await, none, "{said}");
    }

    let the_file = || answer("200 OK", TEXT);
    let elsewhere = json!({"origin": "https://elsewhere.example"});
    let error = fetched(&world, &alice, the_file(), &elsewhere).await;
    let error = error.unwrap_err().to_string();
    for origin in ["http://127.0.0.1:", "https://elsewhere.example"] {
        assert!(error.contains(origin), "{error}");
    }
    // What is stored and can't be noted goes again.
    let nobody = json!({"subject": ""});
    let error = fetched(&world, &alice, the_file(), &nobody).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("Give `subject`"), "{error}");
    assert_eq!(files_of(&world).await, none);
    let is_here = fetched(&world, &alice, the_file(), &as_it_was).await;
    assert!(is_here.unwrap());
    assert_eq!(files_of(&world).await.len(), 1);
}

const REDIRECT: &str =
    "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

const ENDS_EARLY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\na pic";

/// Where nobody says how long it is, its end is the connection's.
const ENDS: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\na pic";

/// A deployment that says that its files are somewhere else than it is.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_elsewhere_are_told_of_before_anything_is_refused() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    let notes = fill(&world, &alice, 3, 0).await;
    let file: String = world.on_main("peek:store", &json!({"text": TEXT})).await;
    let cover = json!({"id": notes[0], "document": {"cover": file}});
    let _: Value = world.on_main("peek:patch", &cover).await;
    alice.connect(&world.byod).await;
    let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE);
    moved.await.unwrap();
    let there = everything_there(&alice).await;
    alice.proxy.strike(Fault::Answer(Spoiled::Changed(|answer| {
        let says = String::from_utf8_lossy(answer);
        let other = says.replace("http://localhost:", "http://127.0.0.1:");
        other.into_bytes()
    })));
    let moving = world.byod.move_out(&*alice.id, "alice");
    let planned = moving.plan().await.unwrap().problem.unwrap();
    let moving = moving.into_future();
    let error = moving.await.unwrap_err();
    let Error::NotMoved { reason, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(**reason, *planned);
    let elsewhere = alice.proxy.url.replace("localhost", "127.0.0.1");
    for origin in [&alice.proxy.url, &elsewhere] {
        assert!(reason.contains(&**origin), "{reason}");
    }
    assert!(!world.is_frozen(&world.byod, &alice.id).await);
    alice.proxy.heal();
    assert_eq!(everything_there(&alice).await, there);
    let moved = world.byod.move_out(&*alice.id, "alice").await.unwrap();
    assert_eq!((moved.files, moved.notes), (1, vec![]));
    assert_eq!(everything_of(&world, &alice.id).await, there);
}
