//! A user's deployment: connected, tested, given other credentials.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::support::world::{World, thrown};
use crate::support::{Reply, success};
use byod_runtime::FunctionType::Query;
use byod_runtime::{Claim, ConnectionProblem, ConnectionStatus, Credentials, Error, Outcome, Said};
use serde_json::{Value, json};

/// The credentials in the user's record.
async fn stored(world: &World, user: &str) -> String {
    let credentials = world.byod.user_credentials(user).await.unwrap().unwrap();
    credentials.deploy_key.expose_secret().to_owned()
}

#[tokio::test]
async fn a_deployment_that_works_is_connected() {
    let world = World::new().await;
    let url = world.users.url.clone();
    let test = world
        .byod
        .connect("a", "a", &Credentials::new(&url, "local|key"))
        .await
        .unwrap();
    assert_eq!(test.status, ConnectionStatus::Connected);
    assert_eq!((test.schema_version, test.problem), (Some(3), None));
    let requests = world.users.requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.path()).collect();
    assert_eq!(paths, ["byod/claim:claim", "functions:ping"]);
    assert_eq!(
        test.claim,
        Some(Claim::Unclaimable),
        "it has no such module"
    );
    let ping = &requests[1];
    assert_eq!(ping.path(), "functions:ping");
    assert_eq!(ping.headers["authorization"], "Convex local|key");
    assert_eq!(world.field("a", "connectionStatus"), "connected");
    assert_eq!(world.field("a", "schemaVersion"), 3);
    assert!(world.field("a", "lastConnectionTest").as_f64().unwrap() > 1.7e12);
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "the user's");
}

#[tokio::test]
async fn what_keeps_a_deployment_from_working_is_said_and_stored() {
    type Answer = fn() -> Reply;
    let table: [(Answer, ConnectionProblem, &str); 6] = [
        (
            || Reply::Status(401, String::new()),
            ConnectionProblem::WrongKey {
                said: Said::default(),
            },
            "does not accept the deploy key",
        ),
        (
            || Reply::Status(404, String::new()),
            ConnectionProblem::NotFound {
                said: Said::default(),
            },
            "no such deployment",
        ),
        (
            || Reply::Status(500, String::new()),
            ConnectionProblem::Failing {
                status: 500,
                said: Said::default(),
            },
            "HTTP status 500",
        ),
        (
            || Reply::Status(200, "<html></html>".into()),
            ConnectionProblem::NotConvex,
            "not a Convex deployment",
        ),
        (
            || thrown("Could not find public function for 'functions:ping'."),
            ConnectionProblem::NoPing,
            "`functions:ping`",
        ),
        (
            || success(json!({"version": 1})),
            ConnectionProblem::SchemaOutdated {
                found: 1,
                minimum: 2,
            },
            "version 1 of the schema, version 2 is needed",
        ),
    ];
    let world = World::with(|byod| byod.minimum_schema_version(2).retries(0)).await;
    for (answer, problem, reason) in table {
        // It can't be claimed, as those of old.
        world
            .at_users
            .set(move |request| (!request.path().starts_with("byod/claim:")).then(answer));
        let url = world.users.url.clone();
        let test = world
            .byod
            .connect("a", "a", &Credentials::new(&url, "local|key"))
            .await
            .unwrap();
        assert_eq!(test.status, ConnectionStatus::Error);
        assert_eq!(test.problem.as_ref(), Some(&problem));
        assert_eq!(world.field("a", "connectionStatus"), "error");
        let stored = world.field("a", "connectionError");
        assert_eq!(stored, problem.to_string());
        assert!(problem.to_string().contains(reason), "{problem}");
    }
    world.at_users.clear();
    let test = world.byod.test_connection("a").await.unwrap();
    assert_eq!(test.status, ConnectionStatus::Connected);
    assert_eq!(world.field("a", "connectionError"), json!(null));
}

#[tokio::test]
async fn a_deployment_that_cant_be_reached_says_so() {
    let world = World::with(|byod| byod.retries(0)).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    let test = world
        .byod
        .connect("a", "a", &Credentials::new(url, "local|key"))
        .await
        .unwrap();
    let problem = test.problem.unwrap();
    assert!(
        matches!(problem, ConnectionProblem::Unreachable { .. }),
        "{problem:?}"
    );
}

#[tokio::test]
async fn a_test_needs_a_record_and_leaves_a_disconnected_one() {
    let world = World::new().await;
    let error = world.byod.test_connection("nobody").await.unwrap_err();
    assert_eq!(error.http_status(), 404);
    assert!(matches!(error, Error::NoRecord { .. }), "{error}");
    world
        .save("a", "local|key", ConnectionStatus::Disconnected)
        .await;
    let test = world.byod.test_connection("a").await.unwrap();
    assert_eq!(test.status, ConnectionStatus::Disconnected);
    assert_eq!(test.problem, None);
    assert_eq!(world.field("a", "connectionStatus"), "disconnected");
}

#[tokio::test]
async fn a_record_that_does_not_open_is_a_problem_of_its_own() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world.change("a", "authTags", json!("broken"));
    let test = world.byod.test_connection("a").await.unwrap();
    let problem = test.problem.unwrap();
    assert!(
        matches!(problem, ConnectionProblem::Credentials { .. }),
        "{problem:?}"
    );
    assert_eq!(world.field("a", "connectionStatus"), "error");
}

#[tokio::test]
async fn a_test_says_nothing_of_credentials_that_came_meanwhile() {
    let world = World::new().await;
    world
        .save("a", "local|old", ConnectionStatus::Connected)
        .await;
    // While the old key is tested, another process stores a new one.
    let records = world.records.clone();
    let sealed = crate::support::world::encryption_key().seal(&Credentials {
        deployment_url: world.users.url.clone(),
        deploy_key: "local|new".into(),
    });
    let sealed = serde_json::to_value(sealed.unwrap()).unwrap();
    world.at_users.set(move |_| {
        for (field, value) in sealed.as_object().unwrap() {
            records.lock().unwrap()[0][field] = value.clone();
        }
        Some(Reply::Status(401, String::new()))
    });
    let test = world.byod.test_connection("a").await.unwrap();
    assert!(matches!(
        test.problem,
        Some(ConnectionProblem::WrongKey { .. })
    ));
    assert_eq!(test.status, ConnectionStatus::Connected);
    assert_eq!(world.field("a", "connectionStatus"), "connected");
}

#[tokio::test]
async fn credentials_are_replaced_only_by_ones_that_work() {
    let world = World::with(|byod| byod.retries(0)).await;
    let new = Credentials {
        deployment_url: world.users.url.clone(),
        deploy_key: "local|new".into(),
    };
    let nobody = world
        .byod
        .rotate_credentials("a", "a", &new)
        .await
        .unwrap_err();
    assert!(matches!(nobody, Error::NoRecord { .. }), "{nobody}");

    world
        .save("a", "local|old", ConnectionStatus::Connected)
        .await;
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "the user's");
    world.at_users.status(403);
    let test = world.byod.rotate_credentials("a", "a", &new).await.unwrap();
    assert!(matches!(
        test.problem,
        Some(ConnectionProblem::WrongKey { .. })
    ));
    assert_eq!(test.status, ConnectionStatus::Connected);
    assert_eq!(stored(&world, "a").await, "local|old");

    world.at_users.clear();
    let test = world.byod.rotate_credentials("a", "a", &new).await.unwrap();
    assert_eq!((test.problem, test.schema_version), (None, Some(3)));
    assert_eq!(stored(&world, "a").await, "local|new");
    world.call("a", "notes", Query).await.unwrap();
    let request = world.users.requests().pop().unwrap();
    assert_eq!(request.headers["authorization"], "Convex local|new");

    for (url, key) in [
        ("https://happy-animal-123.convex.cloud", ""),
        ("nowhere", "local|key"),
    ] {
        let unusable = Credentials {
            deployment_url: url.into(),
            deploy_key: key.into(),
        };
        let error = world.byod.rotate_credentials("a", "a", &unusable).await;
        assert!(matches!(error, Err(Error::Entered { .. })));
    }
    assert_eq!(stored(&world, "a").await, "local|new");
}

/// What the user's record says whenever the deployment is pinged.
fn at_ping(world: &World, status: u16) -> Arc<Mutex<Vec<Value>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (records, noted) = (world.records.clone(), seen.clone());
    world.at_users.set(move |request| {
        if request.path() != "functions:ping" {
            return None;
        }
        let present = records.lock().unwrap()[0]["connectionStatus"].clone();
        noted.lock().unwrap().push(present);
        (status != 200).then(|| Reply::Status(status, String::new()))
    });
    seen
}

#[tokio::test]
async fn who_is_connected_stays_so_until_another_deployment_works() {
    let world = World::with(|byod| byod.retries(0)).await;
    world
        .save("a", "local|old", ConnectionStatus::Connected)
        .await;
    let url = world.users.url.clone();

    let seen = at_ping(&world, 403);
    let test = world
        .byod
        .connect("a", "a", &Credentials::new(&url, "local|new"))
        .await
        .unwrap();
    assert!(matches!(
        test.problem,
        Some(ConnectionProblem::WrongKey { .. })
    ));
    assert_eq!(test.status, ConnectionStatus::Connected);
    assert_eq!(*seen.lock().unwrap(), ["connected"]);
    assert_eq!(stored(&world, "a").await, "local|old");
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "the user's");

    let seen = at_ping(&world, 200);
    let test = world
        .byod
        .connect("a", "a", &Credentials::new(&url, "local|new"))
        .await
        .unwrap();
    assert_eq!(test.problem, None);
    assert_eq!(*seen.lock().unwrap(), ["connected"]);
    assert_eq!(stored(&world, "a").await, "local|new");
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "the user's");
}

#[tokio::test]
async fn who_is_blocked_stays_so_until_another_deployment_works() {
    let world = World::with(|byod| byod.retries(0)).await;
    for former in [
        ConnectionStatus::Error,
        ConnectionStatus::Pending,
        ConnectionStatus::Disconnected,
    ] {
        world.save("a", "local|old", former.clone()).await;
        let seen = at_ping(&world, 403);
        let url = world.users.url.clone();
        let test = world
            .byod
            .connect("a", "a", &Credentials::new(&url, "local|new"))
            .await
            .unwrap();
        assert_eq!(test.status, ConnectionStatus::Error);
        assert_eq!(*seen.lock().unwrap(), [former.as_str()]);
        assert_eq!(stored(&world, "a").await, "local|new");
    }
}

#[tokio::test]
async fn who_disconnects_during_the_test_is_not_connected() {
    let world = World::new().await;
    world
        .save("a", "local|old", ConnectionStatus::Connected)
        .await;
    let records = world.records.clone();
    world.at_users.set(move |_| {
        records.lock().unwrap()[0]["connectionStatus"] = json!("disconnected");
        None
    });
    let url = world.users.url.clone();
    let test = world
        .byod
        .connect("a", "a", &Credentials::new(&url, "local|new"))
        .await
        .unwrap();
    assert_eq!(test.status, ConnectionStatus::Disconnected);
    assert_eq!(world.field("a", "connectionStatus"), "disconnected");
    assert_eq!(stored(&world, "a").await, "local|old");
}

#[tokio::test]
async fn what_was_stored_is_stored_though_watchers_cant_be_told() {
    let world = World::with(|byod| byod.retries(0)).await;
    let watched = world.byod.watch_status("a");
    let is_stored = Arc::new(AtomicBool::new(false));
    world.at_main.set(move |request| {
        let lost = is_stored.load(Ordering::SeqCst);
        is_stored.fetch_or(request.path().ends_with(":createConfig"), Ordering::SeqCst);
        lost.then(|| Reply::Status(500, String::new()))
    });
    let released = Arc::new(AtomicBool::new(false));
    let seen = released.clone();
    world.at_users.set(move |request| match request.path() {
        "byod/claim:claim" => Some(success(json!("claimed"))),
        "byod/claim:release" => {
            seen.store(true, Ordering::SeqCst);
            Some(success(json!("released")))
        }
        _ => None,
    });
    let url = world.users.url.clone();
    let credentials = Credentials::new(&url, "local|key");
    let test = world.byod.connect("a", "a", &credentials).await.unwrap();
    assert_eq!(test.status, ConnectionStatus::Connected);
    assert_eq!(world.field("a", "connectionStatus"), "connected");
    assert!(!released.load(Ordering::SeqCst));
    assert!(watched.borrow().error.is_some());
}

/// As Convex answers for a deployment that is paused, or over its plan's limits.
#[tokio::test]
async fn a_deployment_that_is_stopped_is_said_to_be() {
    const SENTENCES: [&str; 2] = [
        "Cannot run functions while this deployment is paused. Resume the deployment in the dashboard settings to allow functions to run.",
        "You have exceeded the free plan limits, so your deployments have been disabled. Please upgrade to a Pro plan or reach out to us at support@convex.dev for help.",
    ];
    for sentence in SENTENCES {
        let said = move || thrown(&format!("[Request ID: 0a1b] Server Error\n{sentence}"));
        let world = World::new().await;
        world
            .save("a", "local|key", ConnectionStatus::Connected)
            .await;
        world.at_users.set(move |_| Some(said()));
        // Nothing ran, and the next call isn't even sent.
        let error = world.call("a", "notes", Query).await.unwrap_err();
        assert!(error.to_string().contains(sentence), "{error}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
        let error = world.call("a", "notes", Query).await.unwrap_err();
        assert!(matches!(&error, Error::Blocked { .. }), "{error:?}");
        assert!(error.to_string().contains(sentence), "{error}");

        let test = world.byod.test_connection("a").await.unwrap();
        let problem = test.problem.unwrap();
        assert!(
            matches!(&problem, ConnectionProblem::Stopped { .. }),
            "{problem:?}"
        );
        let stored = world.field("a", "connectionError");
        assert!(stored.as_str().unwrap().contains(sentence), "{stored}");

        let credentials = Credentials::new(&world.users.url, "local|key");
        let test = world.byod.connect("b", "b", &credentials).await.unwrap();
        assert!(matches!(
            test.problem,
            Some(ConnectionProblem::Stopped { .. })
        ));

        // Resumed.
        world.at_users.clear();
        let test = world.byod.test_connection("a").await.unwrap();
        assert_eq!(test.status, ConnectionStatus::Connected);
    }
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world.at_users.set(|_| {
        let body = json!({"code": "BackendIsNotRunning", "message": "Cannot perform this operation when the backend is not running"});
        Some(Reply::Status(400, body.to_string()))
    });
    let test = world.byod.test_connection("a").await.unwrap();
    let shown = serde_json::to_value(test.problem).unwrap();
    assert_eq!(shown["kind"], "stopped");
    assert_eq!(shown["code"], "BackendIsNotRunning");
}

#[tokio::test]
async fn a_deploy_key_in_quotes_is_refused_as_such() {
    let world = World::new().await;
    let credentials = Credentials::new(&world.users.url, "\"local|key\"");
    let error = world
        .byod
        .connect("a", "a", &credentials)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("quotes"), "{error}");
    assert_eq!(world.cost(), (0, 0));
}

/// What it says of itself reaches the user, beside what is to be done.
#[tokio::test]
async fn what_a_deployment_says_of_itself_is_kept() {
    let coded = |code: &str, message: &str| json!({ "code": code, "message": message }).to_string();
    let forbidden = coded(
        "OperationNotPermitted",
        "This deploy key may not run functions\nas an admin (local|key).",
    );
    let overloaded = coded("InternalServerError", "Try again later.");
    let table: [(u16, String, &str, &str, &str); 2] = [
        (
            403,
            forbidden,
            "OperationNotPermitted",
            "may not run functions as an admin",
            "make a new one in its settings and enter it: OperationNotPermitted: This deploy key",
        ),
        (
            500,
            overloaded,
            "InternalServerError",
            "Try again later.",
            "fails with HTTP status 500: InternalServerError: Try again later.",
        ),
    ];
    let world = World::with(|byod| byod.retries(0)).await;
    for (status, body, code, sentence, text) in table {
        world.at_users.set(move |request| {
            (!request.path().starts_with("byod/claim:"))
                .then(|| Reply::Status(status, body.clone()))
        });
        let url = world.users.url.clone();
        let credentials = Credentials::new(&url, "local|key");
        let test = world.byod.connect("a", "a", &credentials).await.unwrap();
        let problem = test.problem.unwrap();
        let (ConnectionProblem::WrongKey { said } | ConnectionProblem::Failing { said, .. }) =
            &problem
        else {
            panic!("{problem}");
        };
        assert_eq!(said.code.as_deref(), Some(code));
        assert!(said.sentence.contains(sentence), "{said:?}");
        assert!(problem.to_string().contains(text), "{problem}");
        assert!(!problem.to_string().contains("local|key"), "{problem}");
        assert_eq!(world.field("a", "connectionError"), problem.to_string());
    }
    // A package that is there isn't asked for.
    world.at_users.set(|request| {
        (request.path() == "functions:ping").then(|| thrown("Uncaught TypeError: x is undefined"))
    });
    let credentials = Credentials::new(&world.users.url, "local|key");
    let test = world.byod.connect("a", "a", &credentials).await.unwrap();
    let said = test.problem.unwrap().to_string();
    assert_eq!(
        said,
        "the deployment's function `functions:ping` fails, see its logs: Uncaught TypeError: x is undefined"
    );
    world
        .at_users
        .set(|request| (request.path() == "functions:ping").then(|| success(json!("here I am"))));
    let test = world.byod.connect("a", "a", &credentials).await.unwrap();
    let problem = test.problem.unwrap();
    assert_eq!(problem.kind(), "ping_failed", "{problem}");
    world.at_users.set(|request| {
        let is_asked_whose = request.path().starts_with("byod/claim:");
        is_asked_whose.then(|| thrown("Uncaught TypeError: y is undefined"))
    });
    let test = world.byod.connect("a", "a", &credentials).await.unwrap();
    let problem = test.problem.unwrap();
    assert_eq!(problem.kind(), "no_claim");
    let said = problem.to_string();
    assert!(
        said.ends_with(": Uncaught TypeError: y is undefined"),
        "{said}"
    );
}
