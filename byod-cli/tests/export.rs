//! `byod export`: what it writes, keeps and removes.

use crate::support::Project;
use serde_json::{Value, json};

fn list(report: &Value, name: &str) -> Vec<String> {
    let items = report[name].as_array().unwrap().iter();
    items
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

/// What became of a function: `carried`, `custom` or `missing`, and why.
fn fate<'a>(report: &'a Value, function: &str) -> (&'a str, &'a str) {
    let functions = report["functions"].as_array().unwrap();
    let found = functions
        .iter()
        .find(|f| f["function"] == function)
        .unwrap();
    (
        found["is"].as_str().unwrap(),
        found["reason"].as_str().unwrap_or_default(),
    )
}

#[test]
fn what_is_committed_is_what_is_exported() {
    for project in [Project::example(), Project::of("notes")] {
        let report = project.export(&[]);
        assert_eq!(list(&report, "written"), [""; 0]);
        assert_eq!(list(&report, "removed"), [""; 0]);
        assert_eq!(list(&report, "kept"), [""; 0]);
        assert_eq!(report["functionsChanged"], false);
    }
}

#[test]
fn from_nothing_it_writes_the_same() {
    let project = Project::example();
    let before = project.read("byod/convex/conversations.ts");
    project.remove("byod");
    let report = project.export(&[]);
    assert!(list(&report, "written").contains(&"conversations.ts".to_owned()));
    assert_eq!(project.read("byod/convex/conversations.ts"), before);
    assert_eq!(report["schemaVersion"], 1);
    let functions = report["functions"].as_array().unwrap();
    assert!(
        functions.iter().all(|f| f["is"] == "carried"),
        "{functions:?}"
    );

    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 0);
    assert!(
        answer.stdout.contains("nothing to change"),
        "{}",
        answer.stdout
    );
    assert!(
        !answer.stdout.contains('\u{1b}'),
        "colour where there is no terminal"
    );
}

#[test]
fn ids_of_main_become_strings_and_are_listed() {
    let project = Project::of("notes");
    let report = project.export(&[]);
    let at: Vec<&str> = report["idsAsStrings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id["at"].as_str().unwrap())
        .collect();
    assert_eq!(at, ["notes.userId", "notes.sharedWith[]", "folders.userId"]);
    let schema = project.read("user/convex/schema.ts");
    assert!(schema.contains("sharedWith: v.array(v.string()),"));
    assert!(schema.contains("folderId: v.optional(v.id(\"folders\")),"));
    assert!(!schema.contains("users:"), "a table of main");
}

#[test]
fn a_function_is_carried_over_or_missing_with_the_reason() {
    let report = Project::of("notes").export(&[]);
    let cases = [
        // A helper that only tells whose the call is answers with the owner.
        ("folders:rename", "carried", ""),
        // Asks nobody: its database has the owner's documents alone.
        ("notes:unguarded", "carried", ""),
        ("notes:titleOf", "carried", ""),
        ("todos:add", "carried", ""),
        // Exported under another name, or apart from its declaration.
        ("folders:setName", "carried", ""),
        ("folders:count", "carried", ""),
        // The users' schema stands for main's.
        ("folders:fields", "carried", ""),
        // Looks the caller up itself: the owner stands there.
        ("notes:list", "carried", ""),
        ("notes:getNote", "carried", ""),
        ("notes:edit", "carried", ""),
        ("todos:toggle", "custom", ""),
        (
            "folders:planOf",
            "missing",
            "needs `plan` of what `requireUser` gives",
        ),
        ("folders:get", "missing", "reads `process.env`"),
        ("notes:old", "missing", "declares no `args`"),
        ("notes:summarize", "missing", "imports `OpenAI` of `openai`"),
        (
            "todos:list",
            "missing",
            "takes the owner `userId` as v.optional(v.string())",
        ),
    ];
    for (function, is, reason) in cases {
        let found = fate(&report, function);
        assert_eq!(found.0, is, "{function}: {}", found.1);
        assert!(found.1.starts_with(reason), "{function}: {}", found.1);
    }
    // Of a module that is named after no table: what it touches counts.
    assert_eq!(fate(&report, "chat:recent").0, "carried");
}

#[test]
fn what_is_missing_says_so_where_it_would_be() {
    let notes = Project::of("notes").read("user/convex/notes.ts");
    assert!(
        notes.contains("// `summarize` is missing, because main's imports `OpenAI` of `openai`")
    );
}

#[test]
fn a_function_written_by_hand_comes_before_all_others() {
    let project = Project::of("notes");
    project.write(
        "user/convex/custom/notes.ts",
        "import { v } from \"convex/values\";\nimport { ownerQuery } from \"../byod/owner\";\n\
         export const list = ownerQuery({\n  args: { kind: v.number() },\n  handler: async () => [],\n});\n",
    );
    let report = project.export(&[]);
    assert_eq!(fate(&report, "notes:list").0, "custom");
    let asks_nobody = "asks nobody whose the deployment is";
    assert!(
        !report["notes"].to_string().contains(asks_nobody),
        "{report}"
    );
    let notes = project.read("user/convex/notes.ts");
    assert!(notes.contains("export { list } from \"./custom/notes\";"));
    assert!(!notes.contains("export const list "));
    // It is compared with main's like any other.
    let check = project.byod(&["check"]);
    assert!(
        check.stdout.contains("the argument `kind` of `notes:list`"),
        "{}",
        check.stdout
    );
}

#[test]
fn a_function_written_by_hand_past_the_builders_is_named() {
    let project = Project::of("notes");
    project.write(
        "user/convex/custom/notes.ts",
        "import { v } from \"convex/values\";\nimport { internalQuery } from \"../_generated/server\";\n\
         export const list = internalQuery({\n  args: { userId: v.string() },\n  handler: async () => [],\n});\n",
    );
    let notes = list(&project.export(&[]), "notes").join("\n");
    let expected = "`notes:list` of custom/ is not seen to be made by `ownerQuery`";
    assert!(notes.contains(expected), "{notes}");
}

#[test]
fn an_edited_file_is_kept_unless_forced() {
    let project = Project::example();
    let file = "byod/convex/notes.ts";
    project.replace(file, "pageSize(limit)", "pageSize(7)");
    let edited = project.read(file);

    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 1);
    assert!(
        answer.stdout.contains("kept, edited by hand: notes.ts"),
        "{}",
        answer.stdout
    );
    assert_eq!(project.read(file), edited);
    // Still known as edited the next time.
    assert_eq!(list(&project.export(&[]), "kept"), ["notes.ts"]);

    let report = project.export(&["--force"]);
    assert!(list(&report, "written").contains(&"notes.ts".to_owned()));
    assert_ne!(project.read(file), edited);
    assert_eq!(project.byod(&["export"]).status, 0);
}

#[test]
fn what_is_no_longer_needed_goes_unless_it_was_edited() {
    let project = Project::example();
    project.replace("byod.toml", "  \"tasks\",\n", "");
    project.replace("byod.toml", "  \"taskTags\",\n", "");
    project.replace(
        "byod/convex/schema/projects.ts",
        "export",
        "// mine\nexport",
    );
    let report = project.export(&[]);
    assert_eq!(list(&report, "removed"), ["tasks.ts"]);
    assert_eq!(list(&report, "kept"), ["schema/projects.ts"]);
    assert!(!project.has("byod/convex/tasks.ts"));
    assert!(project.has("byod/convex/schema/projects.ts"));
}

#[test]
fn the_version_goes_up_exactly_when_the_content_changes() {
    let project = Project::of("notes");
    let version = || project.export(&[])["schemaVersion"].as_u64().unwrap();
    let first = version();
    assert_eq!(version(), first);
    project.replace(
        "convex/schema.ts",
        "text: v.string()",
        "text: v.string(), due: v.optional(v.number())",
    );
    assert_eq!(version(), first + 1);
    assert_eq!(version(), first + 1);
    // Main's own tables are not there.
    project.replace(
        "convex/schema.ts",
        "plan: v.string()",
        "plan: v.optional(v.string())",
    );
    assert_eq!(version(), first + 1);
    // A person's own functions are.
    project.replace("user/convex/custom/todos.ts", "!todo.done", "true");
    assert_eq!(version(), first + 2);
    // The lock file is lost: the number never goes back.
    project.remove("user/convex/byod.lock.json");
    assert_eq!(version(), first + 2);
    let written = project.read("user/convex/byod/version.ts");
    assert!(
        written.contains(&format!("SCHEMA_VERSION = {};", first + 2)),
        "{written}"
    );
}

#[test]
fn names_of_injected_arguments_are_those_of_byod_toml() {
    let project = Project::empty();
    project
        .write(
            "byod.toml",
            "main.convex = \"convex\"\n[user]\nconvex = \"theirs\"\ntables = [\"logs\"]\n\
             [user.inject]\nownerId = \"subject\"\nat = \"now\"\n",
        )
        .write(
            "convex/schema.ts",
            "import { defineSchema, defineTable } from \"convex/server\";\n\
             import { v } from \"convex/values\";\n\
             export default defineSchema({\n  people: defineTable(v.any()),\n\
             logs: defineTable({ ownerId: v.id(\"people\"), at: v.number(), text: v.string() }),\n});\n",
        )
        .write(
            "convex/logs.ts",
            "import { v } from \"convex/values\";\n\
             import { mutation } from \"./_generated/server\";\n\
             export const add = mutation({\n  args: { text: v.string() },\n\
             handler: async (ctx, { text }) => {\n    const who = (await ctx.auth.getUserIdentity())!;\n\
             const person = await ctx.db.query(\"people\").filter((q) => q.eq(q.field(\"sub\"), who.subject)).unique();\n\
             await ctx.db.insert(\"logs\", { ownerId: person!._id, at: Date.now(), text });\n  },\n});\n",
        );
    let report = project.export(&[]);
    assert_eq!(fate(&report, "logs:add"), ("carried", ""));
    let owner = project.read("theirs/byod/owner.ts");
    assert!(
        owner.contains("const subject = { ownerId: v.string() };"),
        "{owner}"
    );
    assert!(owner.contains("const times = { at: v.optional(v.number()) };"));
    let logs = project.read("theirs/logs.ts");
    assert!(
        logs.contains("const person = { _id: ctx.owner };")
            && logs.contains("{ ownerId: person!._id, at: ctx.time(), text }"),
        "{logs}"
    );
    assert_eq!(project.byod(&["check"]).status, 0);
}

/// The service's clock is asked where `ctx` is the function's own, and nowhere else.
#[test]
fn another_ctx_has_no_clock() {
    let project = Project::of("notes");
    project.write(
        "convex/clocks.ts",
        "import { v } from \"convex/values\";\n\
         import { mutation } from \"./_generated/server\";\n\
         export const tell = mutation({\n  args: { text: v.string() },\n\
         handler: async (ctx, { text }) => {\n\
         const identity = await ctx.auth.getUserIdentity();\n\
         if (!identity) throw new Error(\"Sign in\");\n\
         await ctx.db.query(\"notes\").first();\n\
         const own = [0].map((n) => Date.now() + n);\n\
         const parameter = [1].map((ctx) => Date.now());\n\
         const inner = { handler: async (ctx: number) => Date.now() + 1 };\n\
         const block = (() => { const ctx = 1; return Date.now() + 2; })();\n\
         return [text, own, parameter, await inner.handler(1), block];\n  },\n});\n",
    );
    let report = project.export(&[]);
    assert_eq!(fate(&report, "clocks:tell"), ("carried", ""));
    let clocks = project.read("user/convex/clocks.ts");
    for kept in [
        "(n) => ctx.time() + n",
        "(ctx) => Date.now()",
        "Date.now() + 1 }",
        "const ctx = 1; return Date.now() + 2;",
    ] {
        assert!(clocks.contains(kept), "{kept}: {clocks}");
    }
}

#[test]
fn what_keeps_it_from_starting_names_the_fix() {
    let project = Project::of("notes");
    let fails = |message: &str| {
        let answer = project.byod(&["export"]);
        assert_eq!(answer.status, 2);
        assert!(answer.stderr.contains(message), "{}", answer.stderr);
    };
    project.replace("byod.toml", "userId = \"subject\"\n", "");
    fails("Add `userId = \"subject\"` under [user.inject]");
    project.write(
        "byod.toml",
        "main.convex = \"convex\"\nuser.tables = [\"notes\"]\n",
    );
    fails("Name the folder to write: `convex = \"byod/convex\"`");
    project.write(
        "byod.toml",
        "main.convex = \"convex\"\nuser.convex = \"user/convex\"\n",
    );
    fails("List them: `tables = [\"messages\"]`");
    project.remove("byod.toml");
    fails("byod.toml: no such file");
    let answer = project.byod(&["export", "--config", "elsewhere.toml"]);
    assert!(
        answer.stderr.contains("elsewhere.toml: no such file"),
        "{}",
        answer.stderr
    );
    assert_eq!(json!(answer.stdout), "");
}
