//! `byod export` of projects with names, files and folders that are in its way.

use crate::support::Project;
use serde_json::{Value, json};

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

    let Some(node) = crate::support::node() else {
        return;
    };
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    crate::support::tool(&node, "prettier", &["--check", "convex"], &root).unwrap();
    project.export_shared();
    let results = crate::support::run(
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
        let Some(node) = crate::support::node() else {
            return;
        };
        let root = project.root.join("user");
        crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
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
        let results = crate::support::run(&node, &root.join("convex"), &json!(calls));
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

/// A name that is none on Windows costs what is in that module, and says which it is.
#[test]
fn a_module_that_windows_has_no_name_for_is_left_out_by_name() {
    let project = Project::of("notes");
    let notes = project.read("convex/notes.ts");
    project.write("convex/aux.ts", &notes);
    let answer = project.byod(&["export", "--json"]);
    assert_eq!(answer.status, 0, "{}", answer.stderr);
    let report = answer.json();
    let functions = report["functions"].as_array().unwrap();
    let of_aux = functions.iter().filter_map(|f| f["function"].as_str());
    let of_aux: Vec<&str> = of_aux.filter(|f| f.starts_with("aux:")).collect();
    assert!(!of_aux.is_empty(), "{report}");
    for function in of_aux {
        let fate = fate(&report, function);
        let is_said =
            fate.starts_with("missing is in `aux.ts`") && fate.contains("rename that module");
        assert!(is_said, "{function}: {fate}");
    }
    assert!(!project.has("user/convex/aux.ts"));
    project.remove("convex/aux.ts");
    project.write("user/convex/custom/aux.ts", "export const one = 1;\n");
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2);
    assert!(
        answer
            .stderr
            .contains("custom/aux.ts is `custom/aux.ts`, a name"),
        "{}",
        answer.stderr
    );
}

/// Nothing of main's crons is on users' deployments, which is said where users miss it.
#[test]
fn crons_on_users_tables_are_named() {
    let project = Project::of("notes");
    project.write(
        "convex/cleanup.ts",
        "import { v } from \"convex/values\";\nimport { internalMutation } from \"./_generated/server\";\nexport const old = internalMutation({ args: {}, handler: async (ctx) => { for (const note of await ctx.db.query(\"notes\").collect()) await ctx.db.delete(note._id); } });\nexport const nothing = internalMutation({ args: {}, handler: async () => {} });\n",
    );
    project.write(
        "convex/crons.ts",
        "import { cronJobs } from \"convex/server\";\nimport { internal } from \"./_generated/api\";\nconst crons = cronJobs();\ncrons.interval(\"old\", { hours: 1 }, internal.cleanup.old, {});\ncrons.interval(\"nothing\", { hours: 1 }, internal.cleanup.nothing, {});\nexport default crons;\n",
    );
    let exported = project.export(&[]);
    let checked = project.byod(&["check", "--json"]).json();
    for report in [exported, checked] {
        let notes = report["notes"].as_array().unwrap();
        let of_crons = notes.iter().filter_map(|note| note.as_str());
        let of_crons: Vec<&str> = of_crons.filter(|note| note.contains("crons")).collect();
        assert_eq!(of_crons.len(), 1, "{notes:?}");
        assert!(
            of_crons[0].contains("`cleanup:old`, which touches `notes`"),
            "{of_crons:?}"
        );
    }
}

/// Convex's bundler makes of classes what `tsconfig.json` says.
#[test]
fn what_the_bundler_is_told_goes_along_or_is_named() {
    let project = Project::of("notes");
    project.remove("user").write(
        "convex/tsconfig.json",
        "{\n  // old\n  \"compilerOptions\": { \"target\": \"ES2021\", \"experimentalDecorators\": true },\n}\n",
    );
    let report = project.export(&[]);
    let written = project.read("user/convex/tsconfig.json");
    assert!(
        written.contains("\"useDefineForClassFields\": false,"),
        "{written}"
    );
    assert!(
        written.contains("\"experimentalDecorators\": true,"),
        "{written}"
    );
    assert!(
        !report["notes"].to_string().contains("tsconfig"),
        "{report}"
    );
    // A person's is left to them, and they are told.
    project.write("user/convex/tsconfig.json", "{}\n");
    let exported = project.export(&[]);
    let checked = project.byod(&["check", "--json"]).json();
    for report in [exported, checked] {
        let notes = report["notes"].to_string();
        assert!(
            notes.contains("useDefineForClassFields") && notes.contains("experimentalDecorators"),
            "{notes}"
        );
    }
    assert_eq!(project.read("user/convex/tsconfig.json"), "{}\n");
}

/// On main a document may be given to somebody else; on users' deployments it can't be.
#[test]
fn who_gives_documents_away_is_named() {
    let project = Project::of("notes");
    let head =
        "import { v } from \"convex/values\";\nimport { mutation } from \"./_generated/server\";\n";
    let who = "const identity = await ctx.auth.getUserIdentity();\n    if (!identity) throw new Error(\"no\");\n    const user = await ctx.db.query(\"users\").withIndex(\"by_token\", (q) => q.eq(\"tokenIdentifier\", identity.tokenIdentifier)).unique();\n    if (!user) throw new Error(\"no\");";
    project.write(
        "convex/gifts.ts",
        &format!(
            "{head}export const give = mutation({{ args: {{ id: v.id(\"notes\"), to: v.id(\"users\") }}, handler: async (ctx, {{ id, to }}) => {{\n    {who}\n    const note = await ctx.db.get(\"notes\", id);\n    if (note?.userId !== user._id) throw new Error(\"no\");\n    await ctx.db.patch(\"notes\", id, {{ userId: to }});\n  }},\n}});\nexport const keep = mutation({{ args: {{ id: v.id(\"notes\") }}, handler: async (ctx, {{ id }}) => {{\n    {who}\n    await ctx.db.patch(\"notes\", id, {{ userId: user._id }});\n  }},\n}});\n"
        ),
    );
    let report = project.export(&[]);
    for function in ["gifts:give", "gifts:keep"] {
        assert_eq!(fate(&report, function), "carried ", "{function}");
    }
    let notes = report["notes"].as_array().unwrap();
    let notes: Vec<&str> = notes.iter().filter_map(|note| note.as_str()).collect();
    let given: Vec<&&str> = notes
        .iter()
        .filter(|note| note.contains("wrong_owner"))
        .collect();
    assert_eq!(given.len(), 1, "{notes:?}");
    assert!(
        given[0].contains("`gifts:give` writes `userId: to`"),
        "{given:?}"
    );
}
