//! Triggers of `convex-helpers`: what a mutation writes sets them off on users' deployments
//! as on main, and what they write on main is done there.

use crate::support::{self, Project};
use serde_json::{Value, json};

const TRIGGERS: &str = r#"
import { customCtx, customMutation } from "convex-helpers/server/customFunctions";
import { Triggers } from "convex-helpers/server/triggers";
import type { DataModel } from "../_generated/dataModel";
import { mutation as rawMutation } from "../_generated/server";

const triggers = new Triggers<DataModel>();

triggers.register("tasks", async (ctx, { operation, id, oldDoc, newDoc }) => {
  const task = newDoc ?? oldDoc;
  await ctx.db.insert("events", { userId: task.userId, kind: operation, targetId: id });
});

// Of the user's own, too.
triggers.register("tasks", async (ctx, { operation, oldDoc }) => {
  if (operation !== "delete") return;
  await ctx.db.insert("bin", { userId: oldDoc.userId, title: oldDoc.title });
});

export const mutation = customMutation(rawMutation, customCtx(triggers.wrapDB));
"#;

const TASKS: &str = r#"
import { v } from "convex/values";
import { query, type QueryCtx } from "./_generated/server";
import { mutation } from "./lib/triggers";

async function requireUser(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("Not signed in");
  const user = await ctx.db.query("users").withIndex("by_sub", (q) => q.eq("sub", identity.subject)).unique();
  if (!user) throw new Error("No such user");
  return user;
}

export const add = mutation({
  args: { title: v.string() },
  handler: async (ctx, { title }) => {
    const user = await requireUser(ctx);
    return await ctx.db.insert("tasks", { userId: user._id, title });
  },
});

export const rename = mutation({
  args: { id: v.id("tasks"), title: v.string() },
  handler: async (ctx, { id, title }) => {
    const user = await requireUser(ctx);
    const task = await ctx.db.get(id);
    if (task?.userId !== user._id) throw new Error("Not yours");
    await ctx.db.patch(id, { title });
  },
});

export const remove = mutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const task = await ctx.db.get(id);
    if (task?.userId !== user._id) throw new Error("Not yours");
    await ctx.db.delete(id);
  },
});

export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const tasks = await ctx.db.query("tasks").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
    const bin = await ctx.db.query("bin").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
    return [tasks.map((task) => task.title), bin.map((task) => task.title)];
  },
});
"#;

fn app(triggers: &str) -> Project {
    let project = Project::empty();
    project
        .write(
            "byod.toml",
            "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\n\
             tables = [\"tasks\", \"bin\"]\n[user.inject]\nuserId = \"subject\"\n",
        )
        .write(
            "package.json",
            r#"{ "dependencies": { "convex": "1.48.0", "convex-helpers": "0.1.135" } }"#,
        )
        .write(
            "convex/schema.ts",
            r#"import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const owned = { userId: v.id("users"), title: v.string() };

export default defineSchema({
  users: defineTable({ sub: v.string() }).index("by_sub", ["sub"]),
  tasks: defineTable(owned).index("by_user", ["userId"]),
  bin: defineTable(owned).index("by_user", ["userId"]),
  events: defineTable({ userId: v.id("users"), kind: v.string(), targetId: v.string() }).index("by_user", ["userId"]),
});
"#,
        )
        .write("convex/lib/triggers.ts", triggers)
        .write("convex/tasks.ts", TASKS);
    project
}

fn reason(report: &Value, function: &str) -> Option<String> {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    let found = found.unwrap_or_else(|| panic!("{function} is not in {functions:?}"));
    found["reason"].as_str().map(str::to_owned)
}

#[test]
fn what_is_written_sets_them_off() {
    let project = app(TRIGGERS);
    let report = project.export(&[]);
    for function in ["tasks:add", "tasks:rename", "tasks:remove", "tasks:list"] {
        assert_eq!(reason(&report, function), None, "{function}");
    }
    let written = project.read("user/convex/lib/triggers.ts");
    assert!(
        written.contains("ctx.onMain.insert(\"events\""),
        "{written}"
    );
    let file: Value = serde_json::from_str(&project.read("byod.functions.json")).unwrap();
    assert_eq!(file["functions"]["tasks:add"]["outbox"], true);

    let Some(node) = support::node() else { return };
    let root = project.root.join("user");
    support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    let alice = |kind: &str, path: &str, mut args: Value| {
        args["userId"] = "alice".into();
        json!({"type": kind, "path": path, "args": args})
    };
    let calls = json!([
        support::claim("alice"),
        alice("mutation", "tasks:add", json!({"title": "a"})),
        alice("mutation", "tasks:add", json!({"title": "b"})),
        alice("mutation", "tasks:rename", json!({"id": "$1", "title": "c"})),
        alice("mutation", "tasks:remove", json!({"id": "$1"})),
        alice("query", "tasks:list", json!({})),
        {"count": "byodOutbox"},
    ]);
    let results = support::run(&node, &root.join("convex"), &calls);
    assert_eq!(results[5]["value"], json!([["b"], ["c"]]), "{results:?}");
    // Two were inserted, one was changed and deleted.
    assert_eq!(results[6]["value"], 4, "{results:?}");
}

#[test]
fn what_does_more_than_set_them_off_is_refused() {
    for (from, to) in [
        // It reads main's table, and what it gives is needed.
        (
            "await ctx.db.insert(\"events\", { userId: task.userId, kind: operation, targetId: id });",
            "const before = await ctx.db.query(\"events\").first();\n  await ctx.db.insert(\"events\", { userId: task.userId, kind: before?.kind ?? operation, targetId: id });",
        ),
        // The context has more in it than triggers.
        (
            "customCtx(triggers.wrapDB)",
            "customCtx(async (ctx) => ({ ...triggers.wrapDB(ctx), plan: await ctx.db.query(\"events\").first() }))",
        ),
    ] {
        let project = app(&TRIGGERS.replace(from, to));
        let report = project.export(&[]);
        for function in ["tasks:add", "tasks:rename", "tasks:remove"] {
            assert!(reason(&report, function).is_some(), "{to}");
        }
    }
    let report = app(TRIGGERS).export_shared();
    let told = reason(&report, "tasks:add").unwrap();
    assert!(told.contains("users share a deployment"), "{told}");
}
