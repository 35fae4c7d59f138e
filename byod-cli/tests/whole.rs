//! What is carried over is all of it, or not at all: what happens at the top level of
//! modules comes along, no check is dropped, and nothing becomes public.

use std::io::Write as _;

use crate::support::Project;
use serde_json::{Value, json};

/// What became of a function, and why.
fn fate(report: &Value, function: &str) -> (String, String) {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    let found = found.unwrap_or_else(|| panic!("{function} is not in {report}"));
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (text("is"), text("reason"))
}

fn typechecks(node: &std::path::Path, project: &Project) {
    let root = project.root.join("user");
    crate::support::tool(node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
}

#[test]
fn what_happens_at_the_top_level_comes_along() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("effects");
    let report = project.export(&[]);
    let cases = [
        ("assigned", json!(3)),
        ("later", json!(true)),
        ("statics", json!(3)),
        // By what declares something else.
        ("declared", json!([5])),
        // Far away.
        ("indexed", json!(["first", "second"])),
        ("inside", json!({"count": 7, "most": 2})),
        ("unrelated", json!("alone")),
        ("patched", json!("patched")),
        ("named", json!(4)),
        ("builders", json!([])),
        ("told", json!([])),
        ("spaces", json!([1])),
    ];
    let mut calls = Vec::new();
    for (folder, _) in &cases {
        let path = format!("{folder}/items:all");
        assert_eq!(fate(&report, &path), ("carried".into(), String::new()));
        calls.push(json!({"type": "query", "path": path, "args": {"userId": "alice"}}));
    }
    typechecks(&node, &project);
    let index = project.read("user/convex/indexed/lib/index.ts");
    assert!(
        index.ends_with("import \"./second\";\nimport \"./first\";\n"),
        "{index}"
    );
    let results = crate::support::run(&node, &project.root.join("user/convex"), &json!(calls));
    for ((folder, expected), result) in cases.iter().zip(&results) {
        assert_eq!(result["value"], *expected, "{folder}: {result}");
    }
}

#[test]
fn what_cannot_come_along_is_refused_with_the_reason() {
    let report = Project::of("effects").export(&[]);
    let cases = [
        (
            "environment",
            "loads `environment/items`, whose `if (process.env.STRICT) limits.push(1);` at the top level reads `process.env`",
        ),
        ("waiting", "waits at the top level of its module"),
        (
            "polyfill",
            "loads `polyfill/items`, which imports `some-polyfill` for what it does",
        ),
        (
            "typed",
            "imports types of `typed/limits`, which does something at its top level",
        ),
        ("whole", "imports all of `convex/server` as `server`"),
        ("nameless", "runs a function that can't be followed"),
        ("hidden", "defines a function that is not exported"),
        ("collides", "would declare `ownerQuery` twice"),
        (
            "checks",
            "is made by `admins`, which does more than tell who calls: `if (user.role !== \"admin\")",
        ),
        ("role", "needs `role` of what `getUser` gives"),
        ("taken", "passes on what `getUser` gives"),
        (
            "member",
            "calls `getMember`, which does more than tell who calls: `user.role === \"member\" ? user : null`",
        ),
        (
            "listed",
            "calls `getAdmin`, which looks for the caller in the table `admins`",
        ),
        (
            "packaged",
            "calls `requireMember`, which is of `acme-auth`: it doesn't show",
        ),
        (
            "seen",
            "writes main's table `users` with what isn't written out",
        ),
        (
            "computed",
            "reaches main's table `users` in `ctx.db.query(table)`",
        ),
        (
            "renamed",
            "uses its context in a way that can't be followed",
        ),
        ("parted", "takes `user` out of its context"),
        (
            "brackets",
            "uses its context in a way that can't be followed",
        ),
        (
            "stored",
            "uses its database in a way that can't be followed",
        ),
        (
            "method",
            "uses its database in a way that can't be followed",
        ),
        ("named_by_text", "runs a function that can't be followed"),
        ("verified", "needs `emailVerified` of the caller's identity"),
        (
            "elsewhere",
            "uses `ctx.auth` in a way that can't be followed",
        ),
        ("unnamed", "needs `level` of the caller's identity"),
        ("handed", "uses main's table `users` (in `getUser`)"),
        ("rings", "uses main's table `users`"),
        (
            "passed",
            "passes its context on to `check` in a way that can't be followed",
        ),
        (
            "passed_parts",
            "passes its context on to `check` in a way that can't be followed",
        ),
        (
            "members",
            "uses `ctx.user.level`, which main's builder adds",
        ),
        (
            "required",
            "loads `required/setup`, whose `const registered = require(\"./register\");` at the top level loads another module",
        ),
        (
            "nobody",
            "calls `getNobody`, which does more than tell who calls: `null as typeof user | null`",
        ),
        (
            "absent",
            "loads `absent/items`, which imports `./gone`, which can't be read",
        ),
        ("compared", "needs `role` of what `getUser` gives"),
    ];
    let mut refused = 0;
    for (folder, reason) in cases {
        let (is, found) = fate(&report, &format!("{folder}/items:all"));
        assert_eq!(is, "missing", "{folder}");
        assert!(found.contains(reason), "{folder}: {found}");
        refused += 1;
    }
    let _ = writeln!(
        std::io::stderr(),
        "functions that would have lost a part refused {refused} of {}",
        cases.len()
    );
}

/// Bob's board, and Alice, whom main's rules keep from it.
#[test]
fn rules_that_are_registered_elsewhere_hold() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("effects");
    let report = project.export(&[]);
    for function in [
        "boards:purge",
        "boards:ban",
        "notes:everything",
        "notes:names",
    ] {
        assert_eq!(fate(&report, function).0, "missing", "{function}");
    }
    for (function, reason) in [
        (
            "boards:purge",
            "gives its builder `userMutation` the option `role`",
        ),
        (
            "boards:ban",
            "is made by `moderatorMutation`, which does more than tell who calls: `if (user.role",
        ),
        ("notes:names", "uses `queryGeneric` of `convex/server`"),
    ] {
        let found = fate(&report, function).1;
        assert!(found.starts_with(reason), "{function}: {found}");
    }
    let stubs = report["stubs"].to_string();
    assert!(
        stubs.contains(
            "`userMutation` of `lib/fn.ts` does nothing for these functions but tell them who calls"
        ),
        "{stubs}"
    );
    let rename = |who: &str, what: &str| {
        let args = json!({"id": "$0", "name": format!("by {who}"), "userId": who});
        json!({"type": "mutation", "path": format!("boards:{what}"), "args": args})
    };
    let calls = json!([
        {"type": "mutation", "path": "boards:add", "args": {"name": "bob's", "userId": "bob"}},
        rename("alice", "rename"),
        rename("alice", "recolor"),
        {"type": "query", "path": "boards:list", "args": {"userId": "alice"}},
        {"type": "query", "path": "boards:list", "args": {"userId": "bob"}},
        rename("bob", "rename"),
        rename("bob", "recolor"),
    ]);
    let results = crate::support::run(&node, &project.root.join("user/convex"), &calls);
    for i in [1, 2] {
        assert_eq!(results[i]["error"], "forbidden", "{results:?}");
    }
    assert_eq!(results[3]["value"], json!([]), "{results:?}");
    assert_eq!(results[4]["value"][0]["name"], "bob's", "{results:?}");
    for i in [5, 6] {
        assert_eq!(results[i]["error"], json!(null), "{results:?}");
    }
}

#[test]
fn a_public_function_written_by_hand_is_an_error() {
    let project = Project::of("effects");
    project.write(
        "user/convex/custom/items.ts",
        "import { query as open } from \"../_generated/server\";\n\
         export const all = open({ args: {}, handler: async () => 1 });\n",
    );
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2, "{}", answer.stdout);
    let error = "`all` of custom/items.ts is public: anybody who knows the deployment's address could call it";
    assert!(answer.stderr.contains(error), "{}", answer.stderr);
    assert!(!project.has("user/convex/schema.ts"));
}

/// Somebody found by the caller's identity need not be the caller.
#[test]
fn a_lookup_by_two_fields_is_not_followed() {
    let report = Project::of("fields").export(&[]);
    for function in ["items:add", "items:assign"] {
        let (is, reason) = fate(&report, function);
        assert_eq!(is, "missing", "{function}");
        let expected = "looks for the caller in the table `users`, where main looks by `manager` and `subject`";
        assert!(reason.starts_with(expected), "{function}: {reason}");
    }
    let project = Project::of("fields");
    project.replace("convex/items.ts", "manager", "subject");
    assert_eq!(fate(&project.export(&[]), "items:add").0, "carried");
    let Some(node) = crate::support::node() else {
        return;
    };
    typechecks(&node, &project);
}

#[test]
fn what_people_wrote_is_never_left_out_without_a_word() {
    for (text, error) in [
        (
            "export const list = (\n",
            "custom/conversations.ts can't be parsed",
        ),
        (
            "throw new Error(\"x\");\nexport const list = 1;\n",
            "custom/conversations.ts can't be read back",
        ),
        (
            "export const list = 1;\n",
            "custom/conversations.ts exports `list`, which is no Convex function",
        ),
    ] {
        let project = Project::of("meaning");
        project.write("user/convex/custom/conversations.ts", text);
        let answer = project.byod(&["export"]);
        assert_eq!(answer.status, 2, "{}", answer.stdout);
        assert!(answer.stderr.contains(error), "{}", answer.stderr);
        assert!(!project.has("user/convex/schema.ts"));
    }
}

/// What main's functions do beside what their names say is not left out.
#[test]
fn nothing_is_done_by_halves() {
    let project = Project::of("meaning");
    let report = project.export(&[]);
    for (function, is, reason) in [
        (
            "conversations:deleteConversation",
            "missing",
            "uses main's table `canvas`",
        ),
        // What it schedules is done on main, with main's secrets.
        ("notes:updateNote", "carried", ""),
        (
            "messages:listWithUsers",
            "missing",
            "reaches main's table `users` by an id in `ctx.db.get(m.userId)`",
        ),
        // Takes nothing, so it needn't say so.
        ("conversations:listAll", "carried", ""),
        // Of a module that is named after no table: what it touches counts.
        ("chat:send", "custom", ""),
        ("conversations:list", "carried", ""),
        // Looks the caller up itself.
        ("conversations:recent", "carried", ""),
    ] {
        let found = fate(&report, function);
        assert_eq!(found.0, is, "{function}: {}", found.1);
        assert!(found.1.starts_with(reason), "{function}: {}", found.1);
    }
    let Some(node) = crate::support::node() else {
        return;
    };
    typechecks(&node, &project);
    let calls = json!([
        {"insert": "conversations", "document": {"userId": "alice", "title": "a", "updatedAt": 1}},
        {"insert": "conversations", "document": {"userId": "bob", "title": "b", "updatedAt": 1}},
        {"type": "query", "path": "conversations:recent", "args": {"userId": "alice"}},
    ]);
    let results = crate::support::run(&node, &project.root.join("user/convex"), &calls);
    let found = results[2]["value"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{results:?}");
    assert_eq!(found[0]["title"], "a");
}

/// As people write it: helpers that give documents, loops, sets of ids.
#[test]
fn what_people_write_every_day_is_carried_over() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("everyday");
    let report = project.export(&[]);
    for function in ["list", "related", "create", "rename", "remove"] {
        let (is, reason) = fate(&report, &format!("notes:{function}"));
        assert_eq!(is, "carried", "{function}: {reason}");
    }
    for (function, expected) in [
        ("authors", "reaches main's table `users` by an id"),
        ("touch", "needs `name` of what `getCurrentUser` gives"),
    ] {
        let (is, reason) = fate(&report, &format!("notes:{function}"));
        assert_eq!(is, "missing");
        assert!(reason.starts_with(expected), "{reason}");
    }
    typechecks(&node, &project);
    let call = |kind: &str, path: &str, user: &str, args: Value| {
        let mut args = args;
        args["userId"] = user.into();
        json!({"type": kind, "path": format!("notes:{path}"), "args": args})
    };
    let note = json!({"title": "a", "tags": ["x", "y", "x"]});
    let results = crate::support::run(
        &node,
        &project.root.join("user/convex"),
        &json!([
            call("mutation", "create", "alice", note),
            call("mutation", "rename", "bob", json!({"noteId": "$0._id", "title": "b"})),
            call("mutation", "rename", "alice", json!({"noteId": "$0._id", "title": "b"})),
            call("query", "list", "alice", json!({})),
            call("query", "list", "bob", json!({})),
            call("mutation", "remove", "bob", json!({"noteId": "$0._id"})),
            {"count": "noteTags"},
            call("mutation", "remove", "alice", json!({"noteId": "$0._id"})),
            {"count": "noteTags"},
        ]),
    );
    assert_eq!(results[1]["data"], "Not found", "{results:?}");
    assert_eq!(results[3]["value"][0]["title"], "b", "{results:?}");
    let tags = results[3]["value"][0]["tags"].as_array().unwrap();
    assert_eq!(tags.len(), 3, "{results:?}");
    assert_eq!(results[4]["value"], json!([]));
    assert_eq!(results[5]["data"], "Not found", "{results:?}");
    assert_eq!(
        (&results[6]["value"], &results[8]["value"]),
        (&json!(3), &json!(0))
    );
}
