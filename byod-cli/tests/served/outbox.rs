//! What runs on a user's deployment has main's actions run, which go back there for what they
//! ask. Rows that have it done are a stranger's word.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::served::world::{Deployed, User, World, exported, until};

impl World {
    /// What is left for main is done, as the service has it done after a call.
    async fn apply(&self, user: &User) {
        let session = self.byod.session(&*user.id, &*user.subject);
        let delivered = session.apply_outbox().await.unwrap();
        assert!(delivered.refused.is_empty(), "{delivered:?}");
    }

    /// The row as the deployment of that user would give it: why main refuses it, if it does.
    async fn forge(&self, user: &User, seq: u32, row: &Json) -> Option<String> {
        let args = json!({
            "user": user.id, "subject": user.subject, "epoch": "an outbox",
            "rows": [{"seq": seq, "row": row.to_string()}],
        });
        let main = self.main.admin();
        let done: Json = main.mutation("byod/outbox:apply", &args).await.unwrap();
        let reason = done["refused"][0]["reason"].as_str();
        reason.map(str::to_owned)
    }

    async fn responses(&self) -> f64 {
        let args = json!({"name": "responses"});
        let main = self.main.admin();
        main.query("counters:of", &args).await.unwrap()
    }
}

impl Deployed {
    async fn runs(&self, path: &str, mut args: Json) -> Json {
        args["userId"] = "bob".into();
        self.admin().mutation(path, &args).await.unwrap()
    }
}

fn respond(args: Json) -> Json {
    json!({"is": "call", "path": "assistant:respond", "args": args, "at": 0, "job": "a job"})
}

#[tokio::test]
async fn an_action_is_run_for_who_had_it_run_and_works_where_their_data_is() {
    let Some(world) = World::start() else { return };
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    theirs.runs("notes:ask", json!({"text": "hello"})).await;
    assert_eq!(theirs.notes("bob").await, ["hello"]);
    world.apply(&bob).await;
    let answered = || vec!["hello, responded short".to_owned()];
    until(answered(), async || theirs.notes("bob").await).await;
    until(1.0, async || world.responses().await).await;
    // Of which main has nothing.
    assert_eq!(bob.notes().await, Vec::<String>::new());

    // Who has connected nothing has all of it on main, as ever.
    let args = json!({"text": "hello"});
    let asked = ann.main.mutation::<String>("notes:ask", &args).await;
    asked.unwrap();
    until(answered(), async || ann.notes().await).await;
    until(2.0, async || world.responses().await).await;
}

#[tokio::test]
async fn what_is_to_come_can_be_called_off() {
    let Some(world) = World::start() else { return };
    let bob = world.user("bob").await;
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    let id = theirs.note("bob", "hello").await;
    theirs.runs("notes:askLater", json!({"id": id})).await;
    world.apply(&bob).await;
    let jobs = async || {
        let main = world.main.admin();
        let args = json!({"table": "byodJobs"});
        main.query::<Vec<Json>>("peek:all", &args).await.unwrap()
    };
    assert_eq!(jobs().await.len(), 1);
    theirs.runs("notes:callOff", json!({"id": id})).await;
    world.apply(&bob).await;
    assert_eq!(jobs().await, Vec::<Json>::new());
    assert_eq!(theirs.notes("bob").await, ["hello"]);
}

/// Nothing is run for somebody else, nor otherwise than main's own functions have it run.
#[tokio::test]
async fn a_row_that_no_function_leaves_has_nothing_run() {
    let Some(world) = World::start() else { return };
    let (bob, eve) = (world.user("bob").await, world.user("eve").await);
    let (bobs, eves) = (world.deploy("bobs"), world.deploy("eves"));
    world.connect(&bob, &bobs).await;
    world.connect(&eve, &eves).await;
    // Ids of one may be ids of the other.
    let id = bobs.note("bob", "private").await;
    assert_eq!(eves.note("eve", "own").await, id);
    let of = |user: &str| json!({"id": id, "userId": user, "style": "short"});
    let with = |name: &str, value: Json| {
        let mut args = of("eve");
        args[name] = value;
        respond(args)
    };
    let sealed = format!("{} {}", "0".repeat(64), json!(["user", bob.id, "bob"]));
    let forged = [
        // For somebody else.
        respond(of("bob")),
        respond(of(&bob.id)),
        respond(json!({"id": id, "style": "short"})),
        with("byodCaller", sealed.into()),
        with("byodCaller", json!("eve")),
        // What the text says otherwise, or main's validator doesn't take.
        with("style", json!("long")),
        with("style", json!(["short"])),
        with("id", json!(7)),
        with("id", json!({"$bytes": "AAAA"})),
        with("more", json!(1)),
        respond(json!([id])),
        // Others of main's functions.
        json!({"is": "call", "path": "assistant:follow", "args": {"id": id}, "at": 0, "job": "j"}),
        json!({"is": "call", "path": "assistant:publishes", "args": {"id": id}, "at": 0, "job": "j"}),
        json!({"is": "call", "path": "byod/routing:scheduled", "args": {"byodCaller": "x", "path": "notes:append", "args": {}, "once": "1"}, "at": 0, "job": "j"}),
        json!({"is": "call", "path": "counters:add", "args": {"name": "responses"}, "at": 0, "job": "j"}),
        json!({"is": "call", "path": "notes:append", "args": {"id": id, "text": "!"}, "at": 0, "job": "j"}),
    ];
    let mut seq = 0;
    for row in &forged {
        seq += 1;
        let reason = world.forge(&eve, seq, row).await;
        assert!(reason.is_some(), "{row}");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(eves.notes("eve").await, ["own"]);
    // A row as a function leaves it is for the one whose deployment gives it.
    assert_eq!(world.forge(&eve, seq + 1, &respond(of("eve"))).await, None);
    let answered = vec!["own, responded short".to_owned()];
    until(answered, async || eves.notes("eve").await).await;
    until(1.0, async || world.responses().await).await;
    assert_eq!(bobs.notes("bob").await, ["private"]);
}

/// Nobody can be told who calls: so nothing is done, and nothing is lost.
#[tokio::test]
async fn without_a_key_on_main_rows_stay_where_they_are() {
    let mut environment = crate::served::world::environment();
    environment.remove("BYOD_ENCRYPTION_KEY");
    let Some(world) = World::with(&environment) else {
        return;
    };
    let bob = world.user("bob").await;
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    theirs.runs("notes:ask", json!({"text": "hello"})).await;
    let session = world.byod.session(&*bob.id, &*bob.subject);
    let error = session.apply_outbox().await.unwrap_err().to_string();
    assert!(error.contains("BYOD_ENCRYPTION_KEY"), "{error}");
    let args = json!({"subject": "bob"});
    let rows: Json = theirs
        .admin()
        .query("byod/outbox:rows", &args)
        .await
        .unwrap();
    assert_eq!(rows["rows"].as_array().unwrap().len(), 1, "{rows}");
}

#[test]
fn what_has_actions_run_that_can_t_be_is_refused() {
    let project = exported();
    let report = project.byod(&["check", "--json"]).json();
    let functions = report["functions"].as_array().unwrap();
    for (name, reason) in [
        (
            "publishLater",
            "schedules `assistant:publishes` on main, which asks for `notes:publish`",
        ),
        (
            "compareLater",
            "schedules `assistant:compares` on main, which asks for `notes:likeIt`: that reads what all users have there",
        ),
    ] {
        let path = format!("notes:{name}");
        let function = functions.iter().find(|f| f["function"] == *path).unwrap();
        assert_eq!(function["runs"], "refused", "{function}");
        assert!(
            function["reason"].as_str().unwrap().contains(reason),
            "{function}"
        );
    }
    for name in ["ask", "askLater", "callOff"] {
        let path = format!("notes:{name}");
        let function = functions.iter().find(|f| f["function"] == *path).unwrap();
        assert_eq!(function["runs"], "user", "{function}");
    }
}

/// What does it on main is written once a function has such an action run; one of before
/// would run it for nobody, and so on main's data.
#[test]
fn mains_module_that_tells_nobody_is_found_out_of_date() {
    let project = exported();
    let outbox = "convex/byod/outbox.ts";
    let is_right = || {
        let report = project.byod(&["check", "--json"]).json();
        let differences = report["differences"].to_string();
        !differences.contains("byod/outbox.ts is out of date")
    };
    assert!(is_right());
    assert_eq!(project.read(outbox).matches("\"tells\":true").count(), 1);
    project.replace(outbox, ",\"tells\":true", "");
    assert!(!is_right());
    assert_eq!(project.byod(&["export", "--main"]).status, 0);
    assert!(is_right());
}
