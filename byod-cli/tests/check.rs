//! `byod check` and `byod keygen`.

use crate::support::Project;

#[test]
fn projects_that_fit_end_with_status_0() {
    let answer = Project::example().byod(&["check"]);
    assert_eq!(answer.status, 0, "{}", answer.stdout);
    let row = answer
        .stdout
        .lines()
        .find(|line| line.starts_with("notes "))
        .unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        words,
        [
            "notes", "user", "6", "6", "create", "get", "list", "remove", "search", "update"
        ]
    );
    assert!(
        answer
            .stdout
            .contains("users                     main         3     -  get me update")
    );
}

#[test]
fn what_would_fail_is_listed_and_the_status_is_1() {
    let project = Project::example();
    project
        .replace(
            "byod/convex/notes.ts",
            "export const search",
            "export const find",
        )
        .replace(
            "byod/convex/schema.ts",
            "userId: v.string()",
            "userId: v.id(\"users\")",
        )
        .replace(
            "byod/convex/tasks.ts",
            "priority: v.optional(taskPriority)",
            "priority: taskPriority",
        );
    let answer = project.byod(&["check"]);
    assert_eq!(answer.status, 1);
    for part in [
        "create get list remove -search update  2 to fix",
        "`notes:search` is a public query of main, but the user's project has no such function",
        "`tasks.userId` is v.id(\"users\")",
        "the argument `priority` of `tasks:create`",
    ] {
        assert!(
            answer.stdout.contains(part),
            "{part} is not in\n{}",
            answer.stdout
        );
    }
    let report = project.byod(&["check", "--json"]).json();
    assert_eq!(report["fits"], false);
    let tables = report["tables"].as_array().unwrap();
    let notes = tables
        .iter()
        .find(|table| table["table"] == "notes")
        .unwrap();
    assert_eq!(notes["location"], "user");
    assert_eq!(notes["differences"].as_array().unwrap().len(), 2);
}

#[test]
fn a_mutation_that_takes_no_idempotency_key_is_named() {
    let project = Project::example();
    let note = "a call can't have an idempotency key";
    assert!(!project.byod(&["check"]).stdout.contains(note));
    project.replace("byod/convex/notes.ts", "export const remove = ownerMutation({\n  args: { id: v.id(\"notes\") },", "export const remove = internalMutation({\n  args: { id: v.id(\"notes\"), userId: v.string() },");
    project.replace(
        "byod/convex/notes.ts",
        "import { ownerMutation",
        "import { internalMutation } from \"./_generated/server\";\nimport { ownerMutation",
    );
    let answer = project.byod(&["check"]);
    assert_eq!(answer.status, 0, "{}", answer.stdout);
    assert!(
        answer
            .stdout
            .contains(&format!("{note}: `notes:remove`. Declare `idempotencyKey:")),
        "{}",
        answer.stdout
    );
}

#[test]
fn before_the_export_it_says_what_to_do() {
    let project = Project::example();
    project.remove("byod");
    let answer = project.byod(&["check"]);
    assert_eq!(answer.status, 2);
    assert!(
        answer.stderr.contains("Write it with `byod export`"),
        "{}",
        answer.stderr
    );
}

#[test]
fn a_key_is_64_hex_digits_and_never_the_same() {
    let project = Project::empty();
    let key = || project.byod(&["keygen"]).stdout;
    let (first, second) = (key(), key());
    assert_eq!(first.len(), 65);
    assert!(first.trim_end().chars().all(|c| c.is_ascii_hexdigit()));
    assert_ne!(first, second);
}

/// What can be read and not be pushed is to fix.
#[test]
fn what_a_push_refuses_is_to_fix() {
    let project = Project::example();
    project.byod(&["export", "--force"]);
    let before = project.byod(&["check", "--json"]).json();
    project.write("convex/lib/error-payload.ts", "export const payload = 1;\n");
    let answer = project.byod(&["check", "--json"]);
    assert_eq!(answer.status, 1, "{}", answer.stdout);
    let report = answer.json();
    assert_eq!(report["fits"], false);
    let differences = report["differences"].as_array().unwrap();
    assert_eq!(
        differences.len(),
        before["differences"].as_array().unwrap().len() + 1
    );
    let said = report["differences"].to_string();
    assert!(
        said.contains("Convex refuses the module `lib/error-payload`"),
        "{said}"
    );
}

/// A disconnect is safe from the functions that ask, not from those that write beside them.
#[test]
fn what_writes_users_records_itself_is_named() {
    let project = Project::example();
    project.byod(&["export", "--force"]);
    let notes = |project: &Project| project.byod(&["check", "--json"]).json()["notes"].to_string();
    let before = notes(&project);
    assert!(!before.contains("writes users' records itself"), "{before}");
    project.write(
        "convex/lib/records.ts",
        r#"import type { QueryCtx } from "../_generated/server";
export const find = async (ctx: QueryCtx) =>
  await ctx.db.query("userDatabaseConfig").first();
"#,
    );
    project.write(
        "convex/support.ts",
        r#"import { v } from "convex/values";
import { internalMutation } from "./_generated/server";
import { find } from "./lib/records";

export const revive = internalMutation({
  args: { id: v.id("userDatabaseConfig") },
  handler: async (ctx, args) => {
    await ctx.db.patch(args.id, { connectionStatus: "connected" });
  },
});
export const forget = internalMutation({
  args: {},
  handler: async (ctx) => {
    const record = await find(ctx);
    if (record !== null) await ctx.db.delete(record._id);
  },
});
export const add = internalMutation({
  args: { record: v.any() },
  handler: async (ctx, { record }) => {
    await ctx.db
      .insert("userDatabaseConfig", record);
  },
});
export const named = internalMutation({
  args: { id: v.any() },
  handler: async (ctx, { id }) => {
    await ctx.db.patch("userDatabaseConfig", id, {});
  },
});
export const looks = internalMutation({
  args: { id: v.id("notes") },
  handler: async (ctx, args) => {
    if ((await find(ctx)) !== null) await ctx.db.patch(args.id, { title: "t" });
  },
});
export const other = internalMutation({
  args: { title: v.string() },
  handler: async (ctx, { title }) => {
    const note = await ctx.db.query("notes").first();
    if (note !== null && (await find(ctx)) !== null) await ctx.db.patch(note._id, { title });
  },
});
"#,
    );
    let after = notes(&project);
    let named =
        |name: &str| after.contains(&format!("`support:{name}` writes users' records itself"));
    for name in ["revive", "forget", "add", "named"] {
        assert!(named(name), "{name}: {after}");
    }
    for name in ["looks", "other"] {
        assert!(!named(name), "{name}: {after}");
    }
}
