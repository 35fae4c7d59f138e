//! What strangers may try: who own a user's deployment, who call main's functions, and who
//! have accounts of their own.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use super::hostile::{Answers, Hostile, answer};
use super::world::{World, refused};

/// Parts of it must not show anywhere.
const SECRET: &str = "gEh3im/+only&for=tests";

/// A query, by a deployment that answers so: what comes of it, and how often it was asked.
async fn asked(answers: Answers) -> Option<(String, String, usize)> {
    let world = World::start()?;
    let bob = world.user("bob").await;
    let theirs = Hostile::start(answers);
    let key = format!("prod:bobs|{SECRET}");
    world.save(&bob, &theirs.url, &key).await;
    let began = Instant::now();
    let (code, message) = refused(bob.action("summaries:all", json!({})).await);
    assert!(began.elapsed() < Duration::from_secs(10), "{message}");
    for part in [SECRET, "gEh3im"] {
        assert!(!message.contains(part), "{message}");
    }
    assert!(message.len() < 2_000, "{message}");
    Some((code, message, theirs.requests()))
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    fn redirects(_: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        write!(
            stream,
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: /api/query?again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
    }
    let Some((code, message, requests)) = asked(redirects).await else {
        return;
    };
    assert_eq!((&*code, requests), ("byod_unreachable", 1));
    assert!(message.contains("redirect"), "{message}");
}

#[tokio::test]
async fn one_that_never_answers_costs_the_time_that_is_set() {
    for answers in [
        (|_, _| {
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        }) as Answers,
        // A byte a second.
        |_, stream| {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
            loop {
                stream.write_all(b" ")?;
                std::thread::sleep(Duration::from_millis(200));
            }
        },
    ] {
        let Some((code, message, _)) = asked(answers).await else {
            return;
        };
        assert_eq!(code, "byod_unreachable");
        assert!(message.contains("too long"), "{message}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    fn said(_: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"
        )?;
        std::thread::sleep(Duration::from_secs(60));
        Ok(())
    }
    fn unsaid(_: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        loop {
            stream.write_all(&[b' '; 1 << 16])?;
        }
    }
    for answers in [said as Answers, unsaid] {
        let Some((code, message, requests)) = asked(answers).await else {
            return;
        };
        assert_eq!((&*code, requests), ("byod_unreachable", 1));
        assert!(message.contains("larger than"), "{message}");
    }
}

#[tokio::test]
async fn what_is_no_answer_of_a_function_is_an_error() {
    fn nonsense(_: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        answer(stream, "200 OK", "<html>")
    }
    fn deep(_: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
        let body = format!("{{\"status\":\"success\",\"value\":{open}{close}}}");
        answer(stream, "200 OK", &body)
    }
    fn unknown(_: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        let body = r#"{"status":"success","value":{"$unknown":1}}"#;
        answer(stream, "200 OK", body)
    }
    for answers in [nonsense as Answers, deep, unknown] {
        let Some((code, _, requests)) = asked(answers).await else {
            return;
        };
        assert_eq!((&*code, requests), ("byod_unreachable", 1));
    }
}

#[tokio::test]
async fn the_key_that_comes_back_is_in_no_error() {
    fn refuses(key: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        let body = json!({"code": "BadDeployKey", "message": format!("no: {key}\nno")});
        answer(stream, "401 Unauthorized", &body.to_string())
    }
    fn throws(key: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        let data = json!({"code": "of_theirs", "message": key});
        let body = json!({"status": "error", "errorMessage": key, "errorData": data});
        answer(stream, "560 Function", &body.to_string())
    }
    fn says(key: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        let escaped = SECRET.replace('/', "%2F").replace('+', "%2B");
        let escaped = escaped.replace('&', "%26").replace('=', "%3D");
        let message = format!("{key} {escaped} {}", hex::encode(key));
        let body = json!({"status": "error", "errorMessage": message});
        answer(stream, "200 OK", &body.to_string())
    }
    for (answers, code) in [
        (refuses as Answers, "byod_unreachable"),
        (throws, "of_theirs"),
        (says, ""),
    ] {
        let Some((found, message, requests)) = asked(answers).await else {
            return;
        };
        assert_eq!((&*found, requests), (code, 1));
        assert!(message.contains("[removed]"), "{message}");
        assert!(!message.contains(&hex::encode(SECRET)), "{message}");
        assert!(!message.contains('\n') || code.is_empty(), "{message}");
    }
}

#[tokio::test]
async fn a_key_that_is_refused_is_an_error_of_the_user_alone() {
    let Some(world) = World::start() else { return };
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let theirs = world.deploy("bobs");
    world.save(&bob, &theirs.url, "prod:bobs|another").await;
    let (code, message) = refused(bob.action("summaries:all", json!({})).await);
    assert_eq!(code, "byod_unreachable");
    assert!(message.contains("BadDeployKey"), "{message}");
    ann.note("hello").await;
    let all = ann.action("summaries:all", json!({})).await;
    assert_eq!(all.unwrap(), "hello");
}

/// As the service, main asks the deployment whose it is.
#[tokio::test]
async fn a_deployment_of_somebody_else_gives_nothing() {
    let Some(world) = World::start() else { return };
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let bobs = world.deploy("bobs");
    world.connect(&bob, &bobs).await;
    let id = bobs.note("bob", "private").await;
    world.save(&ann, &bobs.url, &bobs.deploy_key).await;
    for (path, args) in [
        ("summaries:all", json!({})),
        ("assistant:similar", json!({"vector": [1.0, 0.0]})),
        ("assistant:answer", json!({"id": id})),
    ] {
        let (code, _) = refused(ann.action(path, args).await);
        assert_eq!(code, "byod_not_claimed", "{path}");
    }
    let nobodys = world.deploy("nobodys");
    let eve = world.user("eve").await;
    world.save(&eve, &nobodys.url, &nobodys.deploy_key).await;
    let (code, message) = refused(eve.action("summaries:all", json!({})).await);
    assert_eq!(code, "byod_not_claimed");
    assert!(message.contains("connect it"), "{message}");
}

#[tokio::test]
async fn addresses_are_judged_as_the_service_judges_them() {
    let mut environment = super::world::environment();
    environment.remove("BYOD_DEVELOPMENT");
    environment.insert(
        "BYOD_ALLOWED_HOSTS",
        "convex.example.org:3210, *.example.net",
    );
    let Some(world) = World::with(&environment) else {
        return;
    };
    for (number, (url, problem)) in [
        ("http://127.0.0.1:3210", "not encrypted"),
        ("https://127.0.0.1", "IP address"),
        ("https://[::1]", "IP address"),
        ("https://0x7f.1", "IP address"),
        ("https://2130706433", "IP address"),
        ("https://localhost", "does not allow"),
        ("https://happy.convex.site", "does not allow"),
        ("https://a.b.c.convex.cloud", "does not allow"),
        ("https://xn--a.convex.cloud", "does not allow"),
        ("https://happy.convex.cloud.evil.example", "does not allow"),
        ("https://happy.convex.cloud:8443", "names a port"),
        ("https://happy.convex.cloud/api", "nothing else"),
        ("https://happy.convex.cloud#", "nothing else"),
        ("https://user@happy.convex.cloud", "a character"),
        ("https://evil.example\\@happy.convex.cloud", "a character"),
        ("https://h\u{e4}ppy.convex.cloud", "a character"),
        ("https://happy.convex.cloud.", "no domain name"),
        ("https://convex.example.org", "another port"),
        ("https://example.net", "does not allow"),
        ("ftp://happy.convex.cloud", "nothing else"),
        ("prod:happy|geheim", "nothing else"),
    ]
    .into_iter()
    .enumerate()
    {
        let user = world.user(&format!("user {number}")).await;
        world.save(&user, url, "prod:x|geheim").await;
        let (code, message) = refused(user.action("summaries:all", json!({})).await);
        assert_eq!(code, "byod_address", "{url}: {message}");
        assert!(message.contains(problem), "{url}: {message}");
        assert!(!message.contains("geheim"), "{url}: {message}");
    }
}

/// Who calls is told to internal functions by main alone.
#[tokio::test]
async fn nobody_can_say_that_they_are_somebody_else() {
    let Some(world) = World::start() else { return };
    let (bob, eve) = (world.user("bob").await, world.user("eve").await);
    let (bobs, eves) = (world.deploy("bobs"), world.deploy("eves"));
    world.connect(&bob, &bobs).await;
    let id = bobs.note("bob", "private").await;
    let said = json!(["user", bob.id, "bob"]).to_string();
    let forged = [
        json!("bob"),
        json!(said),
        json!(format!("{} {said}", "0".repeat(64))),
        json!({"user": bob.id, "subject": "bob", "at": "user"}),
    ];
    for is_connected in [false, true] {
        if is_connected {
            world.connect(&eve, &eves).await;
        }
        for caller in &forged {
            let sent = json!({"id": id, "byodCaller": caller});
            // A public action takes no such argument.
            let result = eve.action("assistant:answer", sent.clone()).await;
            assert!(
                result.unwrap_err().to_string().contains("byodCaller"),
                "{caller}"
            );
            // Nor does what hands on all that it was sent.
            drop(eve.action("assistant:careless", sent.clone()).await);
            let args = json!({"to": sent});
            let sent = eve.main.mutation::<()>("summaries:forward", &args);
            drop(sent.await);
        }
    }
    // And for whom something is done, is not the caller's to say.
    let meddled = eve.action("assistant:meddle", json!({"userId": bob.id}));
    let (code, _) = refused(meddled.await);
    assert_eq!(code, "byod_wrong_owner");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(bobs.notes("bob").await, ["private"]);
    assert_eq!(eves.notes("eve").await, Vec::<String>::new());
}

/// What is written once is written once, though its answer was lost.
#[tokio::test]
async fn a_mutation_whose_answer_was_lost_is_sent_again_with_its_key() {
    fn closes(_: &str, _: &mut std::net::TcpStream) -> std::io::Result<()> {
        Ok(())
    }
    let Some(world) = World::start() else { return };
    let bob = world.user("bob").await;
    let theirs = Hostile::start(closes);
    world.save(&bob, &theirs.url, "prod:bobs|x").await;
    let args = json!({"id": "no matter", "wait": 0});
    let (code, message) = refused(bob.action("summaries:slow", args).await);
    assert_eq!((&*code, theirs.requests()), ("byod_unreachable", 3));
    assert!(message.contains("may have run"), "{message}");
}
