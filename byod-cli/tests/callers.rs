//! How apps find who calls: the user who is written where a webhook hasn't come yet, and
//! whose token it is.

use crate::support::{self, Project};
use serde_json::{Value, json};

/// An app with `notes` of the users, users and tokens on main, and these modules.
fn app(modules: &[(&str, &str)]) -> Project {
    let project = Project::empty();
    project
        .write(
            "byod.toml",
            "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\n\
             tables = [\"notes\"]\nmirror = [\"tokens\"]\n[user.inject]\nuserId = \"subject\"\n",
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
  users: defineTable({ sub: v.string(), name: v.string() }).index("by_sub", ["sub"]),
  tokens: defineTable({
    userId: v.id("users"),
    hash: v.string(),
    device: v.string(),
    revokedAt: v.optional(v.number()),
    lastUsedAt: v.optional(v.number()),
  })
    .index("by_user", ["userId"])
    .index("by_hash", ["hash"]),
  notes: defineTable({ userId: v.id("users"), text: v.string() }).index("by_user", ["userId"]),
});
"#,
        );
    for (name, text) in modules {
        project.write(&format!("convex/{name}.ts"), text);
    }
    project
}

fn placed(report: &Value, function: &str) -> Option<String> {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    let found = found.unwrap_or_else(|| panic!("{function} is not in {functions:?}"));
    found["reason"].as_str().map(str::to_owned)
}

const NOTES: &str = r#"
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { getOrCreate } from "./auth";

export const add = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const user = await getOrCreate(ctx);
    await ctx.db.insert("notes", { userId: user._id, text });
  },
});

export const list = query({
  args: {},
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) return [];
    const user = await ctx.db.query("users").withIndex("by_sub", (q) => q.eq("sub", identity.subject)).unique();
    if (!user) return [];
    const all = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
    const byText: Record<string, number> = {};
    for (const { text } of all) byText[text] = (byText[text] ?? 0) + 1;
    return Object.entries(byText).sort((a, b) => b[1] - a[1]);
  },
});
"#;

/// `let user = …`, which is written where nobody was signed up.
const SIGN_UP: &str = r#"
import type { MutationCtx } from "./_generated/server";

export async function getOrCreate(ctx: MutationCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("Not signed in");
  let user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .first();
  /*sign up*/
  return user;
}
"#;

const WAYS: [&str; 2] = [
    r#"if (!user) {
    const id = await ctx.db.insert("users", { sub: identity.subject, name: identity.name ?? "" });
    user = await ctx.db.get(id);
    if (!user) throw new Error("Failed to create user");
  }"#,
    r#"user ??= await ctx.db.get(await ctx.db.insert("users", { sub: identity.subject, name: "" }));
  if (!user) throw new Error("Failed to create user");"#,
];

#[test]
fn who_connected_has_signed_up() {
    for way in WAYS {
        let project = app(&[
            ("auth", &SIGN_UP.replace("/*sign up*/", way)),
            ("notes", NOTES),
        ]);
        let report = project.export(&[]);
        for function in ["notes:add", "notes:list"] {
            assert_eq!(placed(&report, function), None, "{way}");
        }
        let Some(node) = support::node() else { return };
        let root = project.root.join("user");
        support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
        let add = json!({"type": "mutation", "path": "notes:add", "args": {"userId": "alice", "text": "a"}});
        let results = support::run(
            &node,
            &root.join("convex"),
            &json!([
                support::claim("alice"),
                add,
                add,
                {"type": "query", "path": "notes:list", "args": {"userId": "alice"}},
            ]),
        );
        assert_eq!(results[3]["value"], json!([["a", 2]]), "{results:?}");
    }
    // What is written where somebody has signed up is not theirs to lose.
    for way in [
        "if (user) { user = await ctx.db.query(\"users\").first(); }",
        "user = await ctx.db.query(\"users\").first();",
        "if (!user || user.name === \"\") { user = await ctx.db.query(\"users\").first(); }",
    ] {
        let project = app(&[
            (
                "auth",
                &SIGN_UP
                    .replace("/*sign up*/", way)
                    .replace("return user;", "return user!;"),
            ),
            ("notes", NOTES),
        ]);
        let report = project.export(&[]);
        assert!(placed(&report, "notes:add").is_some(), "{way}");
    }
}

const CLI: &str = r#"
import { v } from "convex/values";
import { mutation, query, type QueryCtx } from "./_generated/server";

async function userOfToken(ctx: QueryCtx, token: string) {
  const row = await ctx.db
    .query("tokens")
    .withIndex("by_hash", (q) => q.eq("hash", `#${token}`))
    .unique();
  if (!row || row.revokedAt !== undefined) throw new Error("Sign in again");
  return row.userId;
}

export const add = mutation({
  args: { token: v.string(), text: v.string() },
  handler: async (ctx, { token, text }) => {
    const userId = await userOfToken(ctx, token);
    await ctx.db.insert("notes", { userId, text });
  },
});

// When it was used last is nothing that is read here.
export const touch = mutation({
  args: { token: v.string(), text: v.string() },
  handler: async (ctx, { token, text }) => {
    const row = await ctx.db.query("tokens").withIndex("by_hash", (q) => q.eq("hash", `#${token}`)).unique();
    if (!row || row.revokedAt !== undefined) throw new Error("Sign in again");
    await ctx.db.patch(row._id, { lastUsedAt: Date.now() });
    await ctx.db.insert("notes", { userId: row.userId, text });
  },
});

export const revoke = mutation({
  args: { token: v.string() },
  handler: async (ctx, { token }) => {
    const row = await ctx.db.query("tokens").withIndex("by_hash", (q) => q.eq("hash", `#${token}`)).unique();
    if (!row || row.revokedAt !== undefined) throw new Error("Sign in again");
    await ctx.db.patch(row._id, { revokedAt: Date.now() });
    await ctx.db.insert("notes", { userId: row.userId, text: "revoked" });
  },
});

export const list = query({
  args: { token: v.string() },
  handler: async (ctx, { token }) => {
    const userId = await userOfToken(ctx, token);
    const notes = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", userId)).collect();
    return notes.map((note) => note.text);
  },
});

export const devices = query({
  args: { device: v.string() },
  handler: async (ctx, { device }) => {
    const rows = await ctx.db.query("tokens").filter((q) => q.eq(q.field("device"), device)).collect();
    return { rows, note: await ctx.db.query("notes").first() };
  },
});
"#;

#[test]
fn a_token_is_the_callers_own_or_an_error() {
    for shared in [false, true] {
        let project = app(&[("cli", CLI)]);
        let report = match shared {
            true => project.export_shared(),
            false => project.export(&[]),
        };
        for function in ["cli:add", "cli:touch", "cli:list"] {
            assert_eq!(placed(&report, function), None);
        }
        let told = placed(&report, "cli:revoke").unwrap();
        assert!(told.contains("and writes it"), "{told}");
        let told = placed(&report, "cli:devices").unwrap();
        assert!(told.contains("without `.eq(\"userId\", …)`"), "{told}");
        // What says which device it is needn't leave main.
        assert!(!project.read("user/convex/schema.ts").contains("device:"));

        let Some(node) = support::node() else { return };
        let root = project.root.join("user");
        support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
        let copies = |user: &str| {
            let token = |name: &str, revoked: Option<i32>| {
                let mut token = json!({"_id": format!("{user} {name}"), "_creationTime": 1, "userId": user, "hash": format!("#{user}{name}")});
                if let Some(at) = revoked {
                    token["revokedAt"] = at.into();
                }
                token
            };
            let documents = [token("1", None), token("2", Some(7))];
            let tables = json!({"tokens": {"fields": ["hash", "revokedAt", "userId"], "documents": documents, "tooMany": false}});
            let args = json!({"subject": user, "user": format!("id of {user}"), "at": 7, "digest": user, "tables": tables});
            json!({"type": "mutation", "path": "byod/mirror:write", "args": args})
        };
        let add = |user: &str, token: &str| {
            let args = json!({"userId": user, "token": token, "text": token});
            json!({"type": "mutation", "path": "cli:add", "args": args})
        };
        let list = |user: &str, token: &str| json!({"type": "query", "path": "cli:list", "args": {"userId": user, "token": token}});
        let mut calls = match shared {
            true => vec![copies("bob"), copies("alice")],
            false => vec![support::claim("alice"), copies("alice")],
        };
        calls.extend([
            add("alice", "alice1"),
            list("alice", "alice1"),
            add("alice", "alice2"),
            // Somebody else's, which main knows, and nobody's.
            add("alice", "bob1"),
            add("alice", "x"),
            list("alice", "alice1"),
        ]);
        let results = support::run(&node, &root.join("convex"), &json!(calls));
        assert_eq!(results[3]["value"], json!(["alice1"]), "{results:?}");
        let error = results[4]["error"].as_str().unwrap();
        assert!(error.contains("Sign in again"), "{results:?}");
        for call in [5, 6] {
            assert_eq!(results[call]["data"]["code"], "byod_mirror", "{results:?}");
        }
        assert_eq!(results[7]["value"], json!(["alice1"]), "{results:?}");
    }
}

/// Functions that take whose call it is are given who calls; so nobody else may be named.
#[test]
fn whose_a_copy_is_is_who_calls_and_what_was_given_is_not() {
    const RUNS: &str = r#"
import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { internalMutation, mutation, type QueryCtx } from "./_generated/server";

async function userOfToken(ctx: QueryCtx, hash: string): Promise<Id<"users">> {
  const row = await ctx.db.query("tokens").withIndex("by_hash", (q) => q.eq("hash", hash)).unique();
  if (!row) throw new Error("Sign in again");
  return row.userId;
}

async function either(ctx: QueryCtx, hash: string, other?: Id<"users">): Promise<Id<"users">> {
  const row = await ctx.db.query("tokens").withIndex("by_hash", (q) => q.eq("hash", hash)).unique();
  if (!row) throw new Error("Sign in again");
  return other ?? row.userId;
}

export const note = internalMutation({
  args: { userId: v.id("users"), text: v.string() },
  handler: async (ctx, { userId, text }) => {
    await ctx.db.insert("notes", { userId, text });
  },
});

export const own = mutation({
  args: { hash: v.string() },
  handler: async (ctx, { hash }) => {
    const userId = await userOfToken(ctx, hash);
    await ctx.runMutation(internal.runs.note, { userId, text: "own" });
  },
});

export const others = mutation({
  args: { hash: v.string(), other: v.optional(v.id("users")) },
  handler: async (ctx, { hash, other }) => {
    const userId = await either(ctx, hash, other);
    await ctx.runMutation(internal.runs.note, { userId, text: "somebody's" });
  },
});
"#;
    let report = app(&[("runs", RUNS)]).export(&[]);
    assert_eq!(placed(&report, "runs:own"), None);
    let told = placed(&report, "runs:others").unwrap();
    assert!(
        told.contains("that this is who calls doesn't show"),
        "{told}"
    );
}
