//! What reaches beyond a call: what it keeps for the next one, whom it names as the
//! caller of others, and to whom it hands its context.

use crate::support::Project;
use serde_json::{Value, json};

/// Why a function is missing; empty where it was carried over.
fn reason(report: &Value, function: &str) -> String {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    let found = found.unwrap_or_else(|| panic!("{function} is not in {report}"));
    found["reason"].as_str().unwrap_or_default().to_owned()
}

/// What a call was given.
const OF_CALL: [(&str, &str); 11] = [
    ("variable", "last = user._id"),
    ("list", "seen.push(args.text)"),
    ("map", "cache.set(\"notes\", of)"),
    ("object", "state[args.text] = true"),
    ("lent", "note(seen, args.text)"),
    ("alias", "list.push(text)"),
    ("helper", "who = id"),
    ("statics", "this.last = value"),
    ("closure", "last = text"),
    ("member", "this.last = text"),
    ("instance", "this.last = text"),
];

/// What is the same whoever calls.
const OF_NOBODY: [(&str, &str); 2] = [("counter", "calls += 1"), ("flag", "told.add(\"once\")")];

#[test]
fn nothing_of_a_call_is_kept_for_the_next_one() {
    for is_shared in [false, true] {
        let project = Project::of("beyond");
        let report = if is_shared {
            project.export_shared()
        } else {
            project.export(&[])
        };
        for (folder, statement) in OF_CALL {
            let reason = reason(&report, &format!("{folder}/notes:all"));
            let expected = format!(
                "keeps what a call was given for the next call, whosever that is: `{statement}` in `{folder}/notes`"
            );
            assert_eq!(reason, expected, "{folder}");
        }
        // One user's own may be counted.
        for (folder, statement) in OF_NOBODY {
            let reason = reason(&report, &format!("{folder}/notes:all"));
            let expected = if is_shared {
                format!(
                    "keeps something for the next call, whosever that is: `{statement}` in `{folder}/notes`"
                )
            } else {
                String::new()
            };
            assert_eq!(reason, expected, "{folder}");
        }
        // What happens when a module is loaded, and inside of a call.
        assert_eq!(reason(&report, "registered/notes:all"), "");
        if let Some(node) = crate::support::node().filter(|_| is_shared) {
            let root = project.root.join("user");
            crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
            let call = json!({"type": "query", "path": "registered/notes:all", "args": {"text": "t", "userId": "alice"}});
            let results = crate::support::run(&node, &root.join("convex"), &json!([call, call]));
            for result in &results {
                assert_eq!(*result, json!({"value": []}));
            }
        }
    }
}

#[test]
fn a_context_is_followed_wherever_it_is_handed_to() {
    let report = Project::of("beyond").export(&[]);
    for (folder, call, to) in [
        ("loop", "check(ctx)", "async (c) => {…"),
        ("method", "Rules.check(ctx)", "(c: any) {…"),
        ("listed", "check(ctx)", "grown"),
    ] {
        let reason = reason(&report, &format!("{folder}/notes:all"));
        let expected = format!(
            "hands its context on by `{call}`, perhaps to `{to}`, where it can't be followed: call that parameter `ctx`"
        );
        assert_eq!(reason, expected, "{folder}");
    }
    assert_eq!(reason(&report, "followed/notes:all"), "");

    // By that name it is followed: what it needs isn't there.
    let project = Project::of("beyond");
    let path = "convex/loop/notes.ts";
    project.replace(
        path,
        "async (c) => {\n  if (c.",
        "async (ctx) => {\n  if (ctx.",
    );
    let found = reason(&project.export(&[]), "loop/notes:all");
    assert!(found.contains("uses `ctx.user.level`"), "{found}");
}

#[test]
fn a_function_is_run_for_who_calls_alone() {
    let project = Project::of("beyond");
    let report = project.export_shared();
    for (function, named) in [
        ("friends", "userId: args.friend"),
        ("friendsInAction", "userId"),
        ("friendsLater", "userId: friend"),
        ("ofNote", "userId: note.friendId"),
    ] {
        let reason = reason(&report, &format!("runs/notes:{function}"));
        let expected =
            format!("runs `runs/notes:purge` with `{named}`: that this is who calls doesn't show");
        assert_eq!(reason, expected, "{function}");
    }
    for function in ["add", "own", "ownLater", "ownersOf"] {
        let reason = reason(&report, &format!("runs/notes:{function}"));
        assert_eq!(reason, "", "{function}");
    }
    let Some(node) = crate::support::node() else {
        return;
    };
    let call = |user: &str, path: &str, more: Value| {
        let mut args = more;
        args["userId"] = user.into();
        json!({"type": "mutation", "path": format!("runs/notes:{path}"), "args": args})
    };
    let calls = json!([
        call("alice", "add", json!({"text": "a"})),
        call("bob", "add", json!({"text": "b"})),
        call("alice", "own", json!({})),
        {"count": "notes"},
        call("alice", "ownersOf", json!({"id": "$1"})),
        call("bob", "ownersOf", json!({"id": "$1"})),
        {"count": "notes"},
        call("bob", "ownLater", json!({})),
    ]);
    let results = crate::support::run(&node, &project.root.join("user/convex"), &calls);
    let values: Vec<&Value> = results[2..].iter().map(|r| &r["value"]).collect();
    let expected = [1, 1, 0, 1, 0].map(|n| json!(n));
    let expected: Vec<&Value> = expected.iter().chain([&Value::Null]).collect();
    assert_eq!(values, expected, "{results:?}");
    for result in &results {
        assert_eq!(result["error"], Value::Null, "{results:?}");
    }
}
