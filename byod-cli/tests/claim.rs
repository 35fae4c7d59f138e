//! A deployment is one user's: it is claimed once, and every function refuses
//! everybody else before it does anything.

use crate::support::Project;
use serde_json::{Value, json};

/// A call of a function, with the arguments as they are.
fn call(kind: &str, path: &str, args: Value) -> Value {
    json!({"type": kind, "path": path, "args": args})
}

fn claim(subject: &str, user: &str) -> Value {
    let args = json!({"subject": subject, "user": user});
    call("mutation", "byod/claim:claim", args)
}

fn state(args: Value) -> Value {
    call("query", "byod/claim:state", args)
}

fn release(args: Value) -> Value {
    call("mutation", "byod/claim:release", args)
}

/// The project `careless`, where each user has a deployment of their own.
fn own() -> Project {
    exported().0
}

/// The same, with what the export said.
fn exported() -> (Project, Value) {
    let project = Project::of("careless");
    project.replace(
        "byod.toml",
        "deployments = \"shared\"\ncommon = [\"tags\"]\n",
        "",
    );
    let report = project.export(&[]);
    (project, report)
}

fn run(project: &Project, calls: &[Value]) -> Option<Vec<Value>> {
    let node = crate::support::node()?;
    Some(crate::support::run(
        &node,
        &project.root.join("user/convex"),
        &json!(calls),
    ))
}

#[test]
fn it_is_claimed_once_and_given_up_by_its_owner_alone() {
    let (claimed, already) = ("claimed", "already yours");
    let (other, none) = ("somebody else's", "unclaimed");
    let steps = [
        (state(json!({"subject": "alice"})), none),
        (state(json!({"user": "u1"})), none),
        (release(json!({"subject": "alice"})), none),
        (claim("alice", "u1"), claimed),
        (claim("alice", "u1"), already),
        // The subject decides.
        (claim("alice", "u9"), already),
        (claim("bob", "u1"), other),
        (state(json!({"subject": "alice"})), "yours"),
        (state(json!({"user": "u1"})), "yours"),
        (state(json!({"user": "u9"})), other),
        (state(json!({"subject": "bob"})), other),
        // A subject is no user id, nor the other way round.
        (state(json!({"subject": "u1"})), other),
        (state(json!({"user": "alice"})), other),
        (release(json!({"subject": "bob"})), other),
        (release(json!({"user": "u2"})), other),
        (release(json!({"user": "u1"})), "released"),
        (state(json!({"subject": "alice"})), none),
        (claim("bob", "u2"), claimed),
        (release(json!({"subject": "bob"})), "released"),
    ];
    let calls: Vec<Value> = steps.iter().map(|(call, _)| call.clone()).collect();
    let Some(results) = run(&own(), &calls) else {
        return;
    };
    for ((call, expected), result) in steps.iter().zip(&results) {
        assert_eq!(result["value"], *expected, "{call} gave {result}");
    }

    let wrong = [
        state(json!({})),
        state(json!({"subject": "a", "user": "u"})),
        state(json!({"subject": ""})),
        release(json!({})),
        claim("", "u1"),
    ];
    for (call, result) in wrong.iter().zip(run(&own(), &wrong).unwrap()) {
        let error = result["error"].as_str().unwrap_or_default();
        assert!(
            error.contains("either `subject` or `user`"),
            "{call} gave {result}"
        );
    }
}

/// Every function of the project, with arguments that it takes.
fn functions() -> Vec<(&'static str, &'static str, Value)> {
    let page = json!({"title": "t", "text": "words"});
    vec![
        ("mutation", "pages:add", page.clone()),
        (
            "mutation",
            "pages:addFor",
            json!({"title": "t", "text": "", "of": "alice"}),
        ),
        ("query", "pages:all", json!({})),
        ("query", "pages:each", json!({})),
        ("query", "pages:read", json!({"id": "$1"})),
        ("query", "pages:readByTable", json!({"id": "$1"})),
        ("query", "pages:readAnyId", json!({"id": "$1"})),
        ("query", "pages:readByHelper", json!({"id": "$1"})),
        ("query", "pages:byOwner", json!({"of": "alice"})),
        ("query", "pages:ofNobody", json!({})),
        ("query", "pages:first", json!({"title": "alice's"})),
        ("query", "pages:search", json!({"words": "same"})),
        (
            "query",
            "pages:byPage",
            json!({"paginationOpts": {"numItems": 1, "cursor": null}}),
        ),
        (
            "mutation",
            "pages:change",
            json!({"id": "$1", "title": "t"}),
        ),
        (
            "mutation",
            "pages:changeByTable",
            json!({"id": "$1", "title": "t"}),
        ),
        ("mutation", "pages:give", json!({"id": "$1", "to": "bob"})),
        ("mutation", "pages:put", json!({"id": "$1", "title": "t"})),
        ("mutation", "pages:drop", json!({"id": "$1"})),
        ("mutation", "pages:renameAll", json!({"title": "t"})),
        (
            "query",
            "pages:readAs",
            json!({"id": "$1", "friend": "alice"}),
        ),
        (
            "action",
            "pages:readAsInAction",
            json!({"id": "$1", "friend": "alice"}),
        ),
        (
            "mutation",
            "pages:changeAs",
            json!({"id": "$1", "friend": "alice"}),
        ),
        (
            "action",
            "pages:changeAsInAction",
            json!({"id": "$1", "friend": "alice"}),
        ),
        ("action", "pages:changeInAction", json!({"id": "$1"})),
        ("mutation", "pages:renameLater", json!({"friend": "alice"})),
        ("action", "pages:nearest", json!({"embedding": [0.1, 0.2]})),
        ("query", "pages:jobs", json!({})),
        (
            "query",
            "pages:job",
            json!({"id": "0000010009_scheduled_functions"}),
        ),
        (
            "mutation",
            "pages:stop",
            json!({"id": "0000010009_scheduled_functions"}),
        ),
        ("query", "pages:fileOf", json!({"id": "0000010009_storage"})),
        ("mutation", "cards:create", json!({"text": "t"})),
        ("query", "cards:list", json!({})),
        ("query", "cards:all", json!({})),
        ("mutation", "shapes:circle", json!({})),
        ("mutation", "shapes:square", json!({})),
        ("query", "shapes:all", json!({})),
        ("mutation", "tags:create", json!({"name": "t"})),
        ("query", "tags:list", json!({})),
        ("mutation", "tags:rename", json!({"id": "$2", "name": "t"})),
        ("mutation", "anything:put", json!({"what": 1})),
        ("query", "anything:all", json!({})),
        ("query", "byod/owner:ownIds", json!({"ids": ["$1"]})),
    ]
}

fn by(user: &str, (kind, path, args): &(&str, &str, Value)) -> Value {
    let mut args = args.clone();
    args["userId"] = user.into();
    call(kind, path, args)
}

#[test]
fn a_second_subject_is_refused_by_every_function_before_anything() {
    let all = functions();
    let (project, report) = exported();
    for function in report["functions"].as_array().unwrap() {
        let is_called = all.iter().any(|(_, path, _)| *path == function["function"]);
        assert!(is_called, "{function} is not called here");
    }
    let page = json!({"title": "alice's", "text": "same words", "userId": "alice"});
    let mut calls = vec![
        claim("alice", "u1"),
        call("mutation", "pages:add", page),
        call(
            "mutation",
            "tags:create",
            json!({"name": "alice's", "userId": "alice"}),
        ),
        json!({"dump": true}),
    ];
    let first = calls.len();
    calls.extend(all.iter().map(|function| by("bob", function)));
    // With a key, too, which is not kept.
    let keyed = json!({"title": "t", "text": "", "userId": "bob", "once": "pages:add 1"});
    calls.push(call("mutation", "pages:add", keyed));
    calls.push(json!({"wait": 50}));
    calls.push(json!({"dump": true}));
    // The owner, by the same words.
    calls.push(by("alice", &all[2]));
    let Some(results) = run(&project, &calls) else {
        return;
    };
    for (call, result) in calls[first..]
        .iter()
        .zip(&results[first..])
        .take(all.len() + 1)
    {
        assert_eq!(result["data"]["code"], "byod_claim", "{call} gave {result}");
        assert_eq!(
            result["data"]["claim"], "somebody else's",
            "{call} gave {result}"
        );
        assert!(
            !result.to_string().contains("alice"),
            "{call} gave {result}"
        );
    }
    let after = results.len() - 2;
    assert_eq!(
        results[after]["value"], results[3]["value"],
        "nothing has changed"
    );
    assert_eq!(results[after + 1]["value"].as_array().unwrap().len(), 1);
}

#[test]
fn nobody_is_served_before_it_is_claimed_and_after_it_is_released() {
    let all = functions();
    let mut calls: Vec<Value> = all.iter().map(|function| by("alice", function)).collect();
    // Ids of calls that failed are no ids.
    for call in &mut calls {
        match call["args"].get("id").and_then(Value::as_str) {
            Some("$1") => call["args"]["id"] = "0000010001pages".into(),
            Some("$2") => call["args"]["id"] = "0000010001tags".into(),
            _ => {}
        }
        if call["args"].get("ids").is_some() {
            call["args"]["ids"] = json!([]);
        }
    }
    let later = calls.len();
    calls.push(claim("alice", "u1"));
    let rename = ("mutation", "pages:renameLater", json!({"friend": "alice"}));
    let page = (
        "mutation",
        "pages:add",
        json!({"title": "kept", "text": ""}),
    );
    calls.push(by("alice", &page));
    calls.push(by("alice", &rename));
    calls.push(release(json!({"subject": "alice"})));
    // What is due after that has no owner any more.
    calls.push(json!({"wait": 200}));
    calls.push(by("alice", &("query", "pages:all", json!({}))));
    calls.push(claim("alice", "u1"));
    calls.push(by("alice", &("query", "pages:all", json!({}))));
    let Some(results) = run(&own(), &calls) else {
        return;
    };
    for (call, result) in calls.iter().zip(&results).take(later) {
        if result["error"]
            .as_str()
            .is_some_and(|e| e.contains("Validator"))
        {
            panic!("{call} gave {result}");
        }
        assert_eq!(result["data"]["claim"], "unclaimed", "{call} gave {result}");
    }
    let last = results.len() - 1;
    assert_eq!(results[last - 2]["data"]["claim"], "unclaimed");
    assert_eq!(results[last]["value"][0]["title"], "kept");
}

/// What was written there by hand, past the functions, opens the door to nobody.
#[test]
fn two_claims_are_nobodys() {
    let row = |subject: &str| {
        let document = json!({"subject": subject, "user": subject, "since": 1});
        json!({"insert": "byodOwner", "document": document})
    };
    let calls = [
        row("alice"),
        row("bob"),
        state(json!({"subject": "alice"})),
        state(json!({"subject": "bob"})),
        claim("carol", "c"),
    ];
    let Some(results) = run(&own(), &calls) else {
        return;
    };
    for result in &results[2..] {
        assert_eq!(result["value"], "somebody else's");
    }
}

#[test]
fn the_claim_itself_is_out_of_the_functions_reach() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("shared");
    project.replace("byod.toml", "deployments = \"shared\"\n", "");
    project.export(&[]);
    let mut calls = vec![
        claim("alice", "u1"),
        json!({"insert": "byodOwner", "document": {"subject": "x", "user": "x", "since": 1}}),
    ];
    calls.truncate(1);
    let tables = ["byodOwner", "byodIdempotency"];
    for table in tables {
        let args = json!({"userId": "alice", "table": table});
        calls.push(call("query", "docs:anyTable", args));
        let value = json!({"userId": "alice", "table": table, "value": {"subject": "bob", "user": "b", "since": 1}});
        calls.push(call("mutation", "docs:insertInto", value));
    }
    let convex = project.root.join("user/convex");
    for result in &crate::support::run(&node, &convex, &json!(calls))[1..] {
        assert_eq!(result["data"]["code"], "unknown_table", "{result}");
    }
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    crate::support::tool(
        &node,
        "prettier",
        &["--check", "convex/byod", "convex/schema.ts"],
        &root,
    )
    .unwrap();
}

#[test]
fn a_shared_deployment_keeps_no_claim() {
    let project = Project::of("careless");
    project.export(&[]);
    assert!(!project.read("user/convex/schema.ts").contains("byodOwner"));
    let calls = [
        claim("alice", "u1"),
        claim("bob", "u2"),
        state(json!({"subject": "bob"})),
        release(json!({"user": "u2"})),
        by("bob", &("query", "pages:all", json!({}))),
    ];
    let Some(results) = run(&project, &calls) else {
        return;
    };
    for result in &results[..4] {
        assert_eq!(result["value"], "shared");
    }
    assert_eq!(results[4]["value"], json!([]));
}

#[test]
fn the_check_says_what_is_unclaimed_or_was_written_for_others() {
    let project = own();
    let check = |status: i32, part: &str| {
        let answer = project.byod(&["check"]);
        assert_eq!(answer.status, status, "{}", answer.stdout);
        assert!(answer.stdout.contains(part), "{}", answer.stdout);
    };
    check(0, "Every call finds what it needs");
    project.replace(
        "byod.toml",
        "[user.inject]",
        "deployments = \"shared\"\ncommon = [\"tags\"]\n[user.inject]",
    );
    check(
        1,
        "byod.toml says `deployments = \"shared\"`, but the users' project was written for \"own\". Run `byod export`",
    );
    project.export(&[]);
    check(0, "Every call finds what it needs");
    project.replace("byod.toml", "deployments = \"shared\"\n", "");
    check(
        1,
        "byod.toml says `deployments = \"own\"`, but the users' project was written for \"shared\". Run `byod export`",
    );
    project.export(&[]);
    project.write(
        "user/convex/byod/claim.ts",
        "export async function check() {}\nexport async function checkInAction() {}\n",
    );
    check(
        0,
        "the users' project has no `byod/claim:claim`, so its deployments are unclaimed",
    );
}
