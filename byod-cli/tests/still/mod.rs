//! What modules hold can't be changed by a call, where users share a deployment: in
//! whatever way it is written, the next call finds nothing of the one before.

mod ways;

use std::fmt::Write as _;

use crate::support::Project;
use serde_json::{Value, json};
use ways::{READS, WAYS, Way};

const MAIN: [(&str, &str); 2] = [
    (
        "byod.toml",
        "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\ntables = [\"notes\"]\n\
         deployments = \"shared\"\n[user.inject]\nuserId = \"subject\"\n",
    ),
    (
        "convex/schema.ts",
        "import { defineSchema, defineTable } from \"convex/server\";\n\
         import { v } from \"convex/values\";\n\
         export default defineSchema({\n\
         notes: defineTable({ userId: v.string(), title: v.string() }),\n});\n",
    ),
];

/// A project with a mutation for each way, exported for deployments that users share.
fn exported(ways: &[Way<'_>]) -> (Project, Value) {
    let project = Project::empty();
    for (path, text) in MAIN {
        project.write(path, text);
    }
    for Way(name, state, body) in ways {
        let mut names: Vec<&str> = body
            .split("L.")
            .skip(1)
            .filter_map(|rest| {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        project.write(&format!("convex/state/{name}.ts"), state);
        let text = format!(
            "import {{ v }} from \"convex/values\";\n\
             import {{ mutation }} from \"../_generated/server\";\n\
             import {{ {} }} from \"../state/{name}\";\n\n\
             export const f = mutation({{\n  args: {{ s: v.string() }},\n  \
             handler: async (ctx, {{ s }}) => {{\n    \
             const identity = await ctx.auth.getUserIdentity();\n    \
             if (!identity) throw new Error(\"Sign in\");\n    \
             await ctx.db.insert(\"notes\", {{ userId: identity.subject, title: s }});\n    {}\n  }},\n}});\n",
            names.join(", "),
            body.replace("L.", "")
        );
        project.write(&format!("convex/ways/{name}.ts"), &text);
    }
    let report = project.export(&[]);
    (project, report)
}

/// What each of the functions gives those users, one call after the other.
fn answers(project: &Project, names: &[&str], users: &[(&str, &str)]) -> Option<Vec<Vec<Value>>> {
    let node = crate::support::node()?;
    let mut calls = Vec::new();
    for name in names {
        for (user, text) in users {
            let path = format!("ways/{name}:f");
            let args = json!({"userId": user, "s": text});
            calls.push(json!({"type": "mutation", "path": path, "args": args}));
        }
    }
    let found = crate::support::run(&node, &project.root.join("user/convex"), &json!(calls));
    Some(found.chunks(users.len()).map(<[Value]>::to_vec).collect())
}

fn carried(report: &Value) -> Vec<String> {
    let functions = report["functions"]
        .as_array()
        .unwrap_or_else(|| panic!("{report}"));
    let carried = functions.iter().filter(|f| f["is"] == "carried");
    let name = |f: &Value| {
        let path = f["function"].as_str().unwrap();
        path.trim_start_matches("ways/")
            .trim_end_matches(":f")
            .to_owned()
    };
    carried.map(name).collect()
}

const ALICE: (&str, &str) = ("alice", "aaalice");
const BOB: (&str, &str) = ("bob", "aaaBOBSECRET");

#[test]
fn no_call_finds_what_another_wrote() {
    let (project, report) = exported(WAYS);
    let carried = carried(&report);
    let names: Vec<&str> = carried.iter().map(String::as_str).collect();
    // Where the text shows nothing, writing fails.
    assert!(names.len() > 15, "{report:#}");
    let Some(alone) = answers(&project, &names, &[ALICE]) else {
        return;
    };
    let after = answers(&project, &names, &[BOB, ALICE]).unwrap();
    let mut wrong = String::new();
    for ((name, alone), after) in names.iter().zip(alone).zip(after) {
        if alone[0]["value"] != after[1]["value"] || alone[0]["error"] != after[1]["error"] {
            let _ = writeln!(wrong, "{name}: {} alone, {} after Bob", alone[0], after[1]);
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn what_modules_hold_can_be_read() {
    let (project, report) = exported(READS);
    let names: Vec<&str> = READS.iter().map(|way| way.0).collect();
    let mut found = carried(&report);
    found.sort_by_key(|name| names.iter().position(|n| n == name));
    assert_eq!(found, names, "{report:#}");
    let Some(answers) = answers(&project, &names, &[BOB, ALICE]) else {
        return;
    };
    let alices: Vec<&Value> = answers.iter().map(|both| &both[1]["value"]).collect();
    assert_eq!(
        json!(alices),
        json!([
            [false, "a,b", 3],
            [1, ["a"], 2],
            [[1, 2, 3], [4, 2, 3], [2, 1, 3], 4],
            [2, ["a", "aaalice"], 5],
            ["-lice", ["", "lice"], 1, false, {"constructor": 1}],
            ["aaalice,x", "Failed: x"],
            [["a", "b"], "object", "b", [0, 1, 2]],
            [[0, 1, 2], ["b", "a"], 1],
        ]),
        "{answers:#?}"
    );
}

/// What can't be kept from changing, and doesn't show in the text.
#[test]
fn what_cannot_be_held_still_lets_no_function_run() {
    for (state, body) in [
        (
            "export const it = A.values();",
            "return L.it.next().value ?? null;",
        ),
        // Also where the first call has held still what it is in.
        (
            "export const it = { of: [A.values()] };",
            "return L.it.of[0]!.next().value ?? null;",
        ),
    ] {
        let state = format!("const A = [\"x\"];\n{state}");
        let (project, report) = exported(&[Way("steps", &state, body)]);
        assert_eq!(carried(&report), ["steps"], "{report:#}");
        let Some(answers) = answers(&project, &["steps"], &[BOB, ALICE]) else {
            return;
        };
        for answer in &answers[0] {
            let error = answer["error"].as_str().unwrap();
            assert!(
                error.contains("`it` of `state/steps` holds a generator or an iterator, which can't be kept from changing"),
                "{error}"
            );
        }
    }
}
