//! `byod export` of projects with names, files and folders that are in its way.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use serde_json::{Value, json};
use support::Project;

/// What became of a function, and why.
fn fate(report: &Value, function: &str) -> String {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    let found = found.unwrap_or_else(|| panic!("{function} is not in {report}"));
    let reason = found["reason"].as_str().unwrap_or_default();
    format!("{} {reason}", found["is"].as_str().unwrap())
}

#[test]
fn reserved_words_and_names_of_its_own_cost_no_other_function() {
    let project = Project::of("odd");
    let report = project.export(&[]);
    for (function, is) in [
        ("delete:list", "carried"),
        ("delete:delete", "carried"),
        ("delete:clear", "missing uses main's table `users`"),
        ("modules:list", "carried"),
        ("my_notes:list", "carried"),
        ("my/notes:list", "carried"),
        (
            "pictures:read",
            "missing is in a module that says \"use node\"",
        ),
        // `functions:ping` is there already.
        (
            "functions:list",
            "missing is in `functions.ts`, which is the file of `ping` there",
        ),
        (
            "my/notes:other",
            "missing calls `functions:first`, which is in `functions.ts`",
        ),
    ] {
        let found = fate(&report, function);
        assert!(found.starts_with(is), "{function}: {found}");
    }

    let Some(node) = support::node() else { return };
    let root = project.root.join("user");
    support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    support::tool(&node, "prettier", &["--check", "convex"], &root).unwrap();
    project.export_shared();
    let results = support::run(
        &node,
        &root.join("convex"),
        &json!([
            {"insert": "delete", "document": {"userId": "bob", "text": "b"}},
            {"type": "mutation", "path": "delete:delete", "args": {"userId": "alice", "id": "$0"}},
            {"type": "query", "path": "delete:list", "args": {"userId": "bob"}},
            {"type": "mutation", "path": "delete:delete", "args": {"userId": "bob", "id": "$0"}},
            {"type": "query", "path": "delete:list", "args": {"userId": "bob"}},
        ]),
    );
    assert_eq!(results[1]["data"]["code"], "not_found", "{}", results[1]);
    assert_eq!(results[2]["value"].as_array().unwrap().len(), 1);
    assert_eq!(results[4]["value"], json!([]));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let project = Project::of("odd");
    let warning = "convex/broken.ts:3:60: not loaded, its functions are left out";
    let answer = project.byod(&["export"]);
    assert!(answer.stdout.contains(warning), "{}", answer.stdout);
    let report = project.export(&[]);
    let warnings = report["warnings"].as_array().unwrap();
    assert!(
        warnings
            .iter()
            .any(|w| w.as_str().unwrap().starts_with(warning)),
        "{report}"
    );
}

#[test]
fn a_folder_that_is_mains_or_in_it_is_refused_before_anything_is_written() {
    for folder in ["convex", "convex/users", "./user/../convex"] {
        let project = Project::of("odd");
        project.write("user/kept.txt", "");
        project.replace("byod.toml", "user/convex", folder);
        let before = project.read("convex/schema.ts");
        let answer = project.byod(&["export", "--force"]);
        assert_eq!(answer.status, 2, "{}", answer.stdout);
        assert!(
            answer.stderr.contains("Name another under [user]"),
            "{}",
            answer.stderr
        );
        assert_eq!(project.read("convex/schema.ts"), before);
        assert!(!project.has("convex/byod.lock.json"));
    }
}

#[test]
fn a_table_with_a_name_of_its_own_is_refused() {
    let project = Project::of("odd");
    project
        .replace("byod.toml", "\"broken\"", "\"byodIdempotency\"")
        .replace("convex/schema.ts", "broken:", "byodIdempotency:");
    // Without idempotency keys there is no such table of its own.
    assert_eq!(project.byod(&["export"]).status, 0);
    project.replace(
        "byod.toml",
        "userId = \"subject\"",
        "userId = \"subject\"\nkey = \"idempotency-key\"",
    );
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2);
    assert!(
        answer
            .stderr
            .contains("`byodIdempotency` has the name of the one"),
        "{}",
        answer.stderr
    );
    project
        .replace("byod.toml", "\"byodIdempotency\"", "\"byodOwner\"")
        .replace("convex/schema.ts", "byodIdempotency:", "byodOwner:");
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2);
    assert!(
        answer
            .stderr
            .contains("`byodOwner` has the name of the one"),
        "{}",
        answer.stderr
    );
}

/// Every object of JavaScript's has members of these names. They are always given: where
/// one is missing, `convex-test` takes the object's own member for it.
#[test]
fn names_that_every_object_has_are_names_like_others() {
    let project = Project::empty();
    project
        .write("byod.toml", "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\ntables = [\"constructor\", \"toString\"]\n[user.inject]\nhasOwnProperty = \"subject\"\nvalueOf = \"now\"\n")
        .write("convex/schema.ts", "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\nconst own = { hasOwnProperty: v.string(), valueOf: v.number(), toString: v.string() };\nexport default defineSchema({\n  constructor: defineTable(own).index(\"toString\", [\"hasOwnProperty\"]),\n  toString: defineTable(own).index(\"valueOf\", [\"hasOwnProperty\"]),\n  isPrototypeOf: defineTable({ propertyIsEnumerable: v.string() }),\n});\n");
    let module = |table: &str, index: &str| {
        format!(
            "import {{ mutation, query }} from \"./_generated/server\";\nimport {{ v }} from \"convex/values\";\n\nexport const toString = query({{\n  args: {{}},\n  handler: async (ctx) => {{\n    const identity = await ctx.auth.getUserIdentity();\n    if (identity === null) throw new Error(\"Not signed in\");\n    return await ctx.db.query(\"{table}\").withIndex(\"{index}\", (q) => q.eq(\"hasOwnProperty\", identity.subject)).collect();\n  }},\n}});\n\nexport const constructor = mutation({{\n  args: {{ toString: v.string() }},\n  handler: async (ctx, args) => {{\n    const identity = await ctx.auth.getUserIdentity();\n    if (identity === null) throw new Error(\"Not signed in\");\n    return await ctx.db.insert(\"{table}\", {{ hasOwnProperty: identity.subject, valueOf: Date.now(), toString: args.toString }});\n  }},\n}});\n"
        )
    };
    project
        .write("convex/constructor.ts", &module("constructor", "toString"))
        .write("convex/toString.ts", &module("toString", "valueOf"));
    for is_shared in [false, true] {
        let report = if is_shared {
            project.export_shared()
        } else {
            project.export(&[])
        };
        for table in ["constructor", "toString"] {
            for name in ["toString", "constructor"] {
                assert_eq!(fate(&report, &format!("{table}:{name}")), "carried ");
            }
        }
        let Some(node) = support::node() else { return };
        let root = project.root.join("user");
        support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
        let mut calls = Vec::new();
        if !is_shared {
            let args = json!({"subject": "alice", "user": "a"});
            calls.push(json!({"type": "mutation", "path": "byod/claim:claim", "args": args}));
        }
        let start = calls.len();
        for table in ["constructor", "toString"] {
            let given = json!({"hasOwnProperty": "alice", "valueOf": 7, "toString": table});
            let path = format!("{table}:constructor");
            calls.push(json!({"type": "mutation", "path": path, "args": given}));
            for caller in ["alice", "bob"] {
                let args = json!({"hasOwnProperty": caller});
                let path = format!("{table}:toString");
                calls.push(json!({"type": "query", "path": path, "args": args}));
            }
        }
        let results = support::run(&node, &root.join("convex"), &json!(calls));
        for (i, table) in ["constructor", "toString"].iter().enumerate() {
            let at = start + 3 * i;
            let alices = &results[at + 1]["value"];
            assert_eq!(alices[0]["toString"], *table, "{is_shared}: {results:#?}");
            assert_eq!(alices[0]["valueOf"], 7, "{results:#?}");
            assert_eq!(alices.as_array().map(Vec::len), Some(1), "{results:#?}");
            if is_shared {
                assert_eq!(results[at + 2]["value"], json!([]), "{results:#?}");
            } else {
                assert!(results[at + 2]["error"].is_string(), "{results:#?}");
            }
        }
    }
}

/// Modules of every ending are carried over, as modules of TypeScript.
#[test]
fn modules_of_every_ending_are_carried_over() {
    for ending in ["ts", "tsx", "js", "jsx", "mts", "mjs", "cts", "cjs"] {
        let project = Project::empty();
        let function = "import { query } from \"./_generated/server\";\nimport { most } from \"./lib/most\";\nexport const first = query({\n  args: {},\n  handler: async (ctx) => {\n    const identity = await ctx.auth.getUserIdentity();\n    if (identity === null) throw new Error(\"Not signed in\");\n    return await ctx.db.query(\"notes\").withIndex(\"by_user\", (q) => q.eq(\"userId\", identity.subject)).take(most());\n  },\n});\n";
        project
            .write("byod.toml", "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\ntables = [\"notes\"]\n[user.inject]\nuserId = \"subject\"\n")
            .write("convex/schema.ts", "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\nexport default defineSchema({ notes: defineTable({ userId: v.string() }).index(\"by_user\", [\"userId\"]) });\n")
            .write(&format!("convex/notes.{ending}"), function)
            .write(&format!("convex/lib/most.{ending}"), "export const most = () => 3;\n");
        let report = project.export(&[]);
        assert_eq!(fate(&report, "notes:first"), "carried ", "{ending}");
        let written = project.read("user/convex/notes.ts");
        assert!(written.contains(".take(most())"), "{ending}: {written}");
        assert!(
            project.read("user/convex/lib/most.ts").contains("=> 3"),
            "{ending}"
        );
    }
}
