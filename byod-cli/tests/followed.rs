//! What is followed: ids through helpers that don't say of which table they are, and through
//! maps; modules that are imported while a function runs.

use crate::support::{self, Project};
use serde_json::{Value, json};

/// An app with `notes` of the users, and this module of them.
fn app(notes: &str) -> Project {
    let project = Project::empty();
    project
        .write(
            "byod.toml",
            "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\n\
             tables = [\"notes\"]\n[user.inject]\nuserId = \"subject\"\n",
        )
        .write(
            "package.json",
            r#"{ "dependencies": { "convex": "1.48.0" } }"#,
        )
        .write(
            "convex/schema.ts",
            r#"import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ sub: v.string() }).index("by_sub", ["sub"]),
  plans: defineTable({ name: v.string() }),
  notes: defineTable({ userId: v.id("users"), text: v.string() }).index("by_user", ["userId"]),
});
"#,
        )
        .write(
            "convex/lib/slugs.ts",
            "export const slugOf = (text: string) => text.trim().toLowerCase();\n",
        )
        .write(
            "convex/notes.ts",
            &format!(
                r#"import {{ v }} from "convex/values";
import {{ mutation, query }} from "./_generated/server";

/** A document of the caller's, of whatever table. */
async function own(ctx: any, id: string): Promise<any> {{
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("Not signed in");
  const found = await ctx.db.get(id);
  if (!found) throw new Error("Not found");
  return found;
}}

export const add = mutation({{
  args: {{ text: v.string() }},
  handler: async (ctx, {{ text }}) => {{
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db.query("users").withIndex("by_sub", (q) => q.eq("sub", identity.subject)).unique();
    if (!user) throw new Error("No such user");
    return await ctx.db.insert("notes", {{ userId: user._id, text }});
  }},
}});
{notes}"#
            ),
        );
    project
}

fn reason(report: &Value, function: &str) -> Option<String> {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    let found = found.unwrap_or_else(|| panic!("{function} is not in {functions:?}"));
    found["reason"].as_str().map(str::to_owned)
}

#[test]
fn of_which_table_an_id_is_shows_where_a_helper_is_given_it() {
    let project = app(r#"
export const read = query({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => (await own(ctx, id)).text,
});

export const plan = query({
  args: { id: v.id("plans"), note: v.id("notes") },
  handler: async (ctx, { id, note }) => [(await own(ctx, id)).name, await ctx.db.get(note)],
});

export const any = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => await own(ctx, id),
});
"#);
    let report = project.export(&[]);
    assert_eq!(reason(&report, "notes:read"), None);
    for function in ["notes:plan", "notes:any"] {
        assert!(reason(&report, function).is_some(), "{function}");
    }
    let Some(node) = support::node() else { return };
    let read =
        json!({"type": "query", "path": "notes:read", "args": {"userId": "alice", "id": "$1"}});
    let results = support::run(
        &node,
        &project.root.join("user/convex"),
        &json!([
            support::claim("alice"),
            {"type": "mutation", "path": "notes:add", "args": {"userId": "alice", "text": "a"}},
            read,
        ]),
    );
    assert_eq!(results[2]["value"], "a", "{results:?}");
}

#[test]
fn what_a_map_was_made_of_is_what_it_gives() {
    let project = app(r#"
export const rename = mutation({
  args: { userId: v.id("users"), from: v.string(), to: v.string() },
  handler: async (ctx, { userId, from, to }) => {
    const all = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", userId)).collect();
    const byText = new Map(all.map((note) => [note.text, note]));
    const found = byText.get(from);
    if (found) await ctx.db.patch(found._id, { text: to });
  },
});
"#);
    let report = project.export(&[]);
    assert_eq!(reason(&report, "notes:rename"), None);
}

#[test]
fn what_is_imported_while_a_function_runs_is_imported_by_its_module() {
    let add = add_with("");
    let again = add.replace("addSlug", "addAgain");
    let slug = r#"
export const slug = query({
  args: { text: v.string() },
  handler: async (_ctx, { text }) => {
    const slugs = await import("./lib/slugs");
    return slugs.slugOf(text);
  },
});
"#;
    let project = app(&format!("{add}{again}{slug}"));
    let report = project.export(&[]);
    for function in ["notes:addSlug", "notes:addAgain", "notes:slug"] {
        assert_eq!(reason(&report, function), None, "{function}");
    }
    let Some(node) = support::node() else { return };
    let root = project.root.join("user");
    support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    let add = json!({"type": "mutation", "path": "notes:addSlug", "args": {"userId": "alice", "text": " A "}});
    let slug =
        json!({"type": "query", "path": "notes:slug", "args": {"userId": "alice", "text": " B "}});
    let calls = json!([support::claim("alice"), add, slug, {"count": "notes"}]);
    let results = support::run(&node, &root.join("convex"), &calls);
    assert_eq!(results[2]["value"], "b", "{results:?}");
    assert_eq!(results[3]["value"], 1, "{results:?}");
    // A name that means something else in the module stays what it is.
    let other = add_with(
        "const slugOf = 1;\nexport const one = query({ args: {}, handler: async () => slugOf });\n",
    );
    let report = app(&other).export(&[]);
    let told = reason(&report, "notes:addSlug").unwrap();
    assert!(told.contains("imports while it runs"), "{told}");
}

fn add_with(before: &str) -> String {
    format!(
        r#"{before}
export const addSlug = mutation({{
  args: {{ userId: v.id("users"), text: v.string() }},
  handler: async (ctx, {{ userId, text }}) => {{
    const {{ slugOf }} = await import("./lib/slugs");
    await ctx.db.insert("notes", {{ userId, text: slugOf(text) }});
  }},
}});
"#
    )
}

/// `import * as Notes from "./model/notes"`, as Convex's own guides have it.
#[test]
fn what_is_used_of_a_module_that_is_imported_whole_comes_along() {
    let project = app(r#"
import * as Notes from "./model/notes";
import * as Slugs from "./lib/slugs";

export const mine = query({
  args: {},
  handler: async (ctx): Promise<Notes.Shown[]> => {
    const shown = await Notes.mine(ctx);
    return shown.map((note: Notes.Shown) => ({ ...note, slug: Slugs.slugOf(note.text) }));
  },
});

export const remove = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await Notes.remove(ctx, id),
});

export const kinds = query({ args: {}, handler: async () => Object.keys(Slugs.all) });
"#);
    project.write(
        "convex/lib/slugs.ts",
        "export const slugOf = (text: string) => text.trim().toLowerCase();\nexport const all = { slugOf };\n",
    );
    project.write(
        "convex/model/notes.ts",
        r#"import type { Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import * as Users from "./users";

export interface Shown { text: string; slug?: string }

export async function mine(ctx: QueryCtx): Promise<Shown[]> {
  const user = await Users.current(ctx);
  const all = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
  return all.map(({ text }) => ({ text }));
}

export async function remove(ctx: MutationCtx, id: Id<"notes">) {
  const user = await Users.current(ctx);
  const note = await ctx.db.get(id);
  if (note?.userId !== user._id) throw new Error("Not yours");
  await ctx.db.delete(id);
}
"#,
    );
    project.write(
        "convex/model/users.ts",
        r#"import type { QueryCtx } from "../_generated/server";

export async function current(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("Not signed in");
  const user = await ctx.db.query("users").withIndex("by_sub", (q) => q.eq("sub", identity.subject)).unique();
  if (!user) throw new Error("No such user");
  return user;
}
"#,
    );
    let report = project.export(&[]);
    for function in ["notes:mine", "notes:remove", "notes:kinds"] {
        assert_eq!(reason(&report, function), None, "{function}");
    }
    // Two have the same name, one of which is the function's own.
    let written = project.read("user/convex/notes.ts");
    assert!(written.contains("mine as Notes_mine"), "{written}");
    assert!(written.contains("slugOf(note.text)"), "{written}");
    let Some(node) = support::node() else { return };
    let root = project.root.join("user");
    support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    let alice = |kind: &str, path: &str, mut args: Value| {
        args["userId"] = "alice".into();
        json!({"type": kind, "path": path, "args": args})
    };
    let calls = json!([
        support::claim("alice"),
        alice("mutation", "notes:add", json!({"text": "A"})),
        alice("query", "notes:mine", json!({})),
        alice("mutation", "notes:remove", json!({"id": "$1"})),
        alice("query", "notes:mine", json!({})),
    ]);
    let results = support::run(&node, &root.join("convex"), &calls);
    assert_eq!(
        results[2]["value"],
        json!([{"text": "A", "slug": "a"}]),
        "{results:?}"
    );
    assert_eq!(results[4]["value"], json!([]), "{results:?}");
}

/// What is done with all of it stays as it is, and is refused.
#[test]
fn a_module_that_is_handed_on_whole_is_not_taken_apart() {
    let project = app(r#"
import * as Slugs from "./lib/slugs";

export const kinds = query({ args: {}, handler: async () => Object.keys(Slugs) });
"#);
    let report = project.export(&[]);
    let told = reason(&report, "notes:kinds").unwrap();
    assert!(told.contains("imports all of `./lib/slugs`"), "{told}");
}
