//! Owners that main's documents need not have: each gets its writer on users'
//! deployments, where it has a place for one; where not, that is said.

use crate::support::Project;
use serde_json::{Value, json};

const TABLES: [&str; 5] = ["optional", "nullable", "texts", "kinds", "deep"];

/// A document of the table that is nobody's on main.
fn nobodys(table: &str) -> Value {
    match table {
        "nullable" => json!({"text": "t", "userId": null}),
        "kinds" => json!({"kind": "open", "text": "t"}),
        _ => json!({"text": "t"}),
    }
}

fn stores_in(project: &Project, tables: &[&str], before: Value) {
    let Some(node) = crate::support::node() else {
        return;
    };
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    let call = |kind: &str, path: String, args: Value| {
        let mut args = args;
        args["userId"] = "alice".into();
        json!({"type": kind, "path": path, "args": args})
    };
    let mut calls = vec![before];
    for table in tables {
        let put = json!({"value": nobodys(table)});
        calls.push(call("mutation", format!("{table}:put"), put));
        let id = format!("${}", calls.len() - 1);
        let change = json!({"id": id, "value": {"text": "changed"}});
        calls.push(call("mutation", format!("{table}:change"), change));
        calls.push(call("query", format!("{table}:count"), json!({})));
    }
    let results = crate::support::run(&node, &root.join("convex"), &json!(calls));
    for (call, result) in calls.iter().zip(&results) {
        assert_eq!(result["error"], Value::Null, "{call}\n gave {result}");
        if call["type"] == "query" {
            assert_eq!(result["value"], 1, "{call}");
        }
    }
}

#[test]
fn on_a_deployment_of_ones_own_every_document_is_stored() {
    let project = Project::of("places");
    let report = project.export(&[]);
    let claim = json!({"subject": "alice", "user": "a"});
    let claim = json!({"type": "mutation", "path": "byod/claim:claim", "args": claim});
    stores_in(&project, &TABLES, claim);
    let notes = report["notes"].to_string();
    for (table, field) in [("kinds", "userId"), ("deep", "owner.userId")] {
        let note = format!(
            "documents of `{table}` have no `{field}` on main where they are nobody's: on a deployment of one user all of them are theirs"
        );
        assert!(notes.contains(&note), "{notes}");
    }
    for table in ["optional", "nullable", "texts"] {
        let note = format!("documents of `{table}` may lack `userId` on main: ");
        assert!(notes.contains(&note), "{notes}");
    }
}

#[test]
fn where_users_share_a_deployment_an_owner_must_have_a_place() {
    let project = Project::of("places");
    project.replace(
        "byod.toml",
        "[user]\n",
        "[user]\ndeployments = \"shared\"\n",
    );
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2, "{}", answer.stdout);
    let place = |table: &str, field: &str, fix: &str| {
        format!(
            "byod.toml: some documents of `{table}` have no place for `{field}`, by which they say whose they are, and several users share a deployment. {fix}"
        )
    };
    for error in [
        place(
            "kinds",
            "userId",
            "Give every kind of document a field `userId`, which may be optional",
        ),
        place(
            "deep",
            "owner.userId",
            "Let it, and what is around it, always be there",
        ),
    ] {
        assert!(answer.stderr.contains(&error), "{}", answer.stderr);
    }
    assert_eq!(answer.stderr.matches("byod.toml: ").count(), 2);
    project
        .replace(
            "convex/schema.ts",
            "v.object({ kind: v.literal(\"open\"), text",
            "v.object({ kind: v.literal(\"open\"), userId: v.optional(v.id(\"users\")), text",
        )
        .replace(
            "convex/schema.ts",
            "v.optional(v.object({ userId: v.id(\"users\") }))",
            "v.object({ userId: v.id(\"users\") })",
        );
    project.export(&[]);
    stores_in(&project, &TABLES[..4], json!({"later": 1}));
}
