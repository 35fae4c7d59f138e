//! Administration: what shows several users' data runs on main, and says that it sees none
//! that is elsewhere. What is an admin's own is theirs, on their deployment or refused.

use crate::support::Project;
use serde_json::Value;

const AUTH: &str = r#"
import type { QueryCtx } from "../_generated/server";

export async function requireUser(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) throw new Error("Not signed in");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (user === null) throw new Error("No such user");
  return user;
}

export async function requireAdmin(ctx: QueryCtx) {
  const user = await requireUser(ctx);
  if (!["admin", "owner"].includes(user.role)) throw new Error("Admins only");
  return user;
}

export async function isAdmin(ctx: QueryCtx) {
  const user = await requireUser(ctx);
  return user.role === "admin";
}

export async function bySession(ctx: QueryCtx, token: string) {
  const session = await ctx.db
    .query("sessions")
    .withIndex("by_token", (q) => q.eq("token", token))
    .unique();
  return session!.userId;
}
"#;

/// An app with `notes` and `tags` of the users, and its module `admin`.
fn app(stated: &str, admin: &str) -> Project {
    let project = Project::empty();
    project
        .write(
            "byod.toml",
            &format!(
                "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\n\
                 tables = [\"notes\", \"tags\"]\nmirror = [\"users\"]\n{stated}[user.inject]\nuserId = \"subject\"\n"
            ),
        )
        .write(
            "package.json",
            r#"{ "dependencies": { "convex": "1.48.0", "convex-helpers": "0.1.135" } }"#,
        )
        .write(
            "convex/schema.ts",
            r#"import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const owned = { userId: v.id("users"), text: v.string() };

export default defineSchema({
  users: defineTable({ sub: v.string(), role: v.string(), email: v.string() }).index("by_sub", ["sub"]),
  sessions: defineTable({ userId: v.id("users"), token: v.string() }).index("by_token", ["token"]),
  audit: defineTable({ what: v.string() }),
  notes: defineTable(owned).index("by_user", ["userId"]),
  tags: defineTable(owned).index("by_user", ["userId"]),
});
"#,
        )
        .write("convex/lib/auth.ts", AUTH)
        .write(
            "convex/admin.ts",
            &format!(
                r#"import {{ customCtx, customQuery }} from "convex-helpers/server/customFunctions";
import {{ v }} from "convex/values";
import {{ mutation, query, type QueryCtx }} from "./_generated/server";
import {{ bySession, isAdmin, requireAdmin, requireUser }} from "./lib/auth";

const adminQuery = customQuery(query, customCtx(async (ctx) => ({{ admin: await requireAdmin(ctx) }})));
{admin}"#
            ),
        );
    project
}

/// What `byod check` says of the function, once all is written.
fn placed(project: &Project, function: &str) -> Value {
    project.byod(&["export", "--main"]);
    let exported = project.byod(&["export"]);
    assert_eq!(exported.status, 0, "{}", exported.stderr);
    let report = project.byod(&["check", "--json"]).json();
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    found.unwrap_or_else(|| panic!("{report}")).clone()
}

#[test]
fn what_asks_for_a_role_and_for_nobodys_own_runs_on_main_and_says_what_it_sees() {
    let ways = [
        // By a builder, of everybody, and of whom an argument names.
        r#"adminQuery({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).length })"#,
        r#"adminQuery({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const user = await ctx.db.get(userId);
    const notes = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", userId)).collect();
    return { user, notes };
  },
})"#,
        // In the handler, and for one after the other.
        r#"query({
  args: {},
  handler: async (ctx) => {
    await requireAdmin(ctx);
    const counts = [];
    for (const user of await ctx.db.query("users").collect()) {
      const notes = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
      counts.push([user.email, notes.length]);
    }
    return counts;
  },
})"#,
        // By a helper that answers, and a look-up in place.
        r#"query({
  args: {},
  handler: async (ctx) => {
    if (!(await isAdmin(ctx))) return null;
    return await ctx.db.query("tags").take(100);
  },
})"#,
        r#"query({
  args: {},
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const me = await ctx.db.query("users").withIndex("by_sub", (q) => q.eq("sub", identity.subject)).unique();
    if (me?.role !== "admin") throw new Error("Admins only");
    return await ctx.db.query("tags").take(100);
  },
})"#,
    ];
    for way in ways {
        let project = app("", &format!("export const shown = {way};\n"));
        let shown = placed(&project, "admin:shown");
        assert_eq!(shown["runs"], "main", "{way}\n{shown}");
        assert_eq!(shown["seesNoConnected"], true, "{way}\n{shown}");
        assert!(!project.root.join("user/convex/admin.ts").exists(), "{way}");
    }
    let project = app("", &format!("export const shown = {};\n", ways[0]));
    placed(&project, "admin:shown");
    let people = project.byod(&["check"]).stdout;
    assert!(
        people.contains("On main; sees no connected user's data\n  admin:shown"),
        "{people}"
    );
}

#[test]
fn what_may_be_who_calls_own_is_never_on_main_silently() {
    let ways = [
        // An admin's own, by an index or out of all.
        r#"adminQuery({
  args: {},
  handler: async (ctx) => await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", ctx.admin._id)).collect(),
})"#,
        r#"query({
  args: {},
  handler: async (ctx) => {
    const me = await requireAdmin(ctx);
    const all = await ctx.db.query("notes").collect();
    return all.filter((note) => note.userId === me._id);
  },
})"#,
        // Their own, or another's if they may.
        r#"query({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const me = await requireUser(ctx);
    if (me._id !== userId && me.role !== "admin") throw new Error("Not yours");
    return await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", userId)).collect();
  },
})"#,
        // By a helper that knows.
        r#"adminQuery({
  args: {},
  handler: async (ctx) => await load(ctx, ctx.admin._id),
});
async function load(ctx: QueryCtx, userId: any) {
  return await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", userId)).collect();
}"#,
        // Whose session it is doesn't show.
        r#"query({
  args: { token: v.string() },
  handler: async (ctx, { token }) => {
    await requireAdmin(ctx);
    const userId = await bySession(ctx, token);
    return await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", userId)).collect();
  },
})"#,
        // The role decides nothing.
        r#"query({
  args: {},
  handler: async (ctx) => {
    const me = await requireUser(ctx);
    return { role: me.role, tags: await ctx.db.query("tags").collect() };
  },
})"#,
        // It writes, for which somebody must say that it is meant.
        r#"mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    await requireAdmin(ctx);
    await ctx.db.patch(id, { text: "removed by an admin" });
  },
})"#,
    ];
    for way in ways {
        let project = app("", &format!("export const shown = {way};\n"));
        let shown = placed(&project, "admin:shown");
        assert_ne!(shown["runs"], "main", "{way}\n{shown}");
        // Nor where nothing is mirrored.
        project.replace("byod.toml", "mirror = [\"users\"]\n", "");
        let shown = placed(&project, "admin:shown");
        assert_ne!(shown["runs"], "main", "{way}\n{shown}");
    }
}

#[test]
fn what_is_said_to_be_about_several_users_may_change_what_main_has() {
    let stated = "across_users = [\"admin:shown\"]\n";
    let change = r#"mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    await requireAdmin(ctx);
    await ctx.db.patch(id, { text: "removed by an admin" });
    await ctx.db.insert("audit", { what: id });
  },
})"#;
    let project = app(stated, &format!("export const shown = {change};\n"));
    let shown = placed(&project, "admin:shown");
    assert_eq!(shown["runs"], "main", "{shown}");
    assert_eq!(shown["seesNoConnected"], true, "{shown}");
    // What is added for a connected user would be where they never look.
    let add = change.replace(
        "await ctx.db.patch(id, { text: \"removed by an admin\" });",
        "const note = await ctx.db.get(id);\n    await ctx.db.insert(\"notes\", { userId: note!.userId, text: \"welcome\" });",
    );
    let project = app(stated, &format!("export const shown = {add};\n"));
    let shown = placed(&project, "admin:shown");
    assert_eq!(shown["runs"], "refused", "{shown}");
    assert_eq!(
        shown["reason"],
        "is listed in `user.across_users` of byod.toml, but inserts into `notes`: list it in `user.main_only`"
    );
}
