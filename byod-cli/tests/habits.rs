//! How apps write their functions: made by functions, with helpers of packages, with parts of
//! their context, by objects that hold it. Carried over as they are, or refused with the
//! reason.

use crate::support::Project;
use serde_json::{Value, json};

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
"#;

/// An app with `notes` and `tags` of the users, and these modules.
fn app(modules: &[(&str, &str)]) -> Project {
    let project = Project::empty();
    project
        .write(
            "byod.toml",
            "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\n\
             tables = [\"notes\", \"tags\", \"noteTags\"]\n[user.inject]\nuserId = \"subject\"\n",
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
  users: defineTable({ sub: v.string() }).index("by_sub", ["sub"]),
  plans: defineTable({ userId: v.id("users"), name: v.string() }).index("by_user", ["userId"]),
  notes: defineTable(owned).index("by_user", ["userId"]),
  tags: defineTable(owned).index("by_user", ["userId"]),
  noteTags: defineTable({
    userId: v.id("users"),
    noteId: v.id("notes"),
    tagId: v.id("tags"),
  }).index("by_note", ["noteId"]),
});
"#,
        )
        .write("convex/lib/auth.ts", AUTH);
    for (name, text) in modules {
        project.write(&format!("convex/{name}.ts"), text);
    }
    project
}

fn reason(report: &Value, function: &str) -> Option<String> {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    let found = found.unwrap_or_else(|| panic!("{function} is not in {functions:?}"));
    found["reason"].as_str().map(str::to_owned)
}

/// What is carried over, before the real compiler.
fn typechecks(project: &Project) {
    let Some(node) = crate::support::node() else {
        return;
    };
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
}

const READERS: &str = r#"
import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import { requireUser } from "./auth";

type Plain = "notes" | "tags";

export function access<T extends Plain>(table: T) {
  return {
    count: query({
      args: {},
      handler: async (ctx) => {
        const user = await requireUser(ctx);
        const all = await ctx.db
          .query(table as Plain)
          .withIndex("by_user", (q) => q.eq("userId", user._id))
          .collect();
        return all.length;
      },
    }),
    add: mutation({
      args: { text: v.string() },
      handler: async (ctx, { text }) => {
        const user = await requireUser(ctx);
        await ctx.db.insert(table as Plain, { userId: user._id, text });
      },
    }),
  };
}
"#;

#[test]
fn functions_that_a_function_makes_come_along_with_it() {
    let project = app(&[
        ("lib/access", READERS),
        (
            "notes",
            "import { access } from \"./lib/access\";\nexport const { count, add } = access(\"notes\");\n",
        ),
        (
            "tags",
            "import { access } from \"./lib/access\";\nexport const { count: howMany, add } = access(\"tags\");\n",
        ),
    ]);
    let report = project.export(&[]);
    for function in ["notes:count", "notes:add", "tags:howMany", "tags:add"] {
        assert_eq!(reason(&report, function), None, "{function}");
    }
    let written = project.read("user/convex/lib/access.ts");
    assert!(written.contains("count: ownerQuery({"), "{written}");
    assert!(written.contains("add: ownerMutation({"), "{written}");
    typechecks(&project);
    let Some(node) = crate::support::node() else {
        return;
    };
    let call = |kind: &str, path: &str, mut args: Value| {
        args["userId"] = json!("alice");
        json!({"type": kind, "path": path, "args": args})
    };
    let results = crate::support::run(
        &node,
        &project.root.join("user/convex"),
        &json!([
            crate::support::claim("alice"),
            call("mutation", "notes:add", json!({"text": "a"})),
            call("mutation", "tags:add", json!({"text": "b"})),
            call("mutation", "tags:add", json!({"text": "c"})),
            call("query", "notes:count", json!({})),
            call("query", "tags:howMany", json!({})),
        ]),
    );
    assert_eq!(
        [&results[4]["value"], &results[5]["value"]],
        [1.0, 2.0],
        "{results:?}"
    );
}

#[test]
fn what_one_statement_makes_is_there_together_or_not_at_all() {
    let project = app(&[
        (
            "lib/access",
            &READERS.replace(
                "await ctx.db.insert(table as Plain, { userId: user._id, text });",
                "await ctx.db.insert(\"plans\", { userId: user._id, name: text });",
            ),
        ),
        (
            "notes",
            "import { access } from \"./lib/access\";\nexport const { count, add } = access(\"notes\");\n",
        ),
    ]);
    let report = project.export(&[]);
    for function in ["notes:count", "notes:add"] {
        let reason = reason(&report, function).unwrap();
        assert!(reason.contains("main's table `plans`"), "{reason}");
    }
    assert!(!project.read("user/convex/notes.ts").contains("access("));
}

#[test]
fn helpers_that_are_given_the_database_reach_the_users_tables_alone() {
    let project = app(&[(
        "notes",
        r#"
import { getAll, getManyFrom, getManyVia, getOneFrom } from "convex-helpers/server/relationships";
import { pick } from "convex-helpers";
import { v } from "convex/values";
import { query } from "./_generated/server";
import { requireUser } from "./lib/auth";

export const mine = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const notes = await getManyFrom(ctx.db, "notes", "by_user", user._id, "userId");
    return notes.map((note) => pick(note, ["_id", "text"]));
  },
});

export const some = query({
  args: { ids: v.array(v.id("notes")) },
  handler: async (ctx, { ids }) => {
    await requireUser(ctx);
    return await getAll(ctx.db, ids);
  },
});

export const tags = query({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    await requireUser(ctx);
    return await getManyVia(ctx.db, "noteTags", "tagId", "by_note", noteId, "noteId");
  },
});

export const withPlan = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const plan = await getOneFrom(ctx.db, "plans", "by_user", user._id, "userId");
    const note = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", user._id)).first();
    return { plan, note };
  },
});

export const owners = query({
  args: { ids: v.array(v.id("users")) },
  handler: async (ctx, { ids }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", user._id)).first();
    return { note, users: await getAll(ctx.db, ids) };
  },
});
"#,
    )]);
    let report = project.export(&[]);
    for function in ["notes:mine", "notes:some", "notes:tags"] {
        assert_eq!(reason(&report, function), None, "{function}");
    }
    let told = reason(&report, "notes:withPlan").unwrap();
    assert!(told.contains("`plans`"), "{told}");
    let told = reason(&report, "notes:owners").unwrap();
    assert!(
        told.contains("reaches main's table `users` by `getAll`"),
        "{told}"
    );
    typechecks(&project);
    let Some(node) = crate::support::node() else {
        return;
    };
    let insert =
        |user: &str| json!({"insert": "notes", "document": {"userId": user, "text": user}});
    let results = crate::support::run(
        &node,
        &project.root.join("user/convex"),
        &json!([
            crate::support::claim("alice"),
            insert("alice"),
            insert("bob"),
            {"type": "query", "path": "notes:mine", "args": {"userId": "alice"}},
            {"type": "query", "path": "notes:some", "args": {"userId": "alice", "ids": ["$1", "$2"]}},
        ]),
    );
    assert_eq!(
        results[3]["value"].as_array().unwrap().len(),
        1,
        "{results:?}"
    );
    assert_eq!(results[3]["value"][0]["text"], "alice");
    let some = &results[4]["value"];
    assert_eq!(
        (&some[0]["text"], &some[1]),
        (&json!("alice"), &json!(null)),
        "{results:?}"
    );
}

#[test]
fn a_context_is_followed_into_its_parts_and_into_objects_that_hold_it() {
    let project = app(&[
        (
            "lib/journal",
            r#"
import type { MutationCtx, QueryCtx } from "../_generated/server";
import type { Id } from "../_generated/dataModel";

export class Journal<Ctx extends QueryCtx> {
  constructor(
    protected readonly ctx: Ctx,
    protected readonly userId: Id<"users">,
  ) {}

  async newest() {
    return await this.ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", this.userId))
      .order("desc")
      .first();
  }
}

export class Writable extends Journal<MutationCtx> {
  async write(text: string) {
    await this.ctx.db.insert("notes", { userId: this.userId, text });
  }
}

/** Under another name, it can't be followed. */
export class Hidden {
  constructor(private readonly context: QueryCtx) {}

  async newest() {
    return await this.context.db.query("notes").first();
  }
}
"#,
        ),
        (
            "notes",
            r#"
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";
import { Hidden, Journal, Writable } from "./lib/journal";

export const newest = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    return await new Journal(ctx, user._id).newest();
  },
});

export const write = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const user = await requireUser(ctx);
    const journal = new Writable(ctx, user._id);
    await journal.write(text);
  },
});

export const hidden = query({
  args: {},
  handler: async (ctx) => {
    await requireUser(ctx);
    return await new Hidden(ctx).newest();
  },
});

export const signedIn = query({
  args: { id: v.id("notes") },
  handler: async ({ db, auth }, { id }) => {
    const identity = await auth.getUserIdentity();
    if (identity === null) return null;
    const note = await db.get(id);
    return note?.userId === identity.subject ? note : null;
  },
});

export const mine = query({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    return note?.userId === user._id ? note : null;
  },
});

export const named = query({
  args: { id: v.id("notes") },
  handler: async ({ db, auth }, { id }) => {
    const identity = await auth.getUserIdentity();
    return { note: await db.get(id), name: identity?.name };
  },
});

export const lent = query({
  args: { id: v.id("notes") },
  handler: async ({ db, auth }, { id }) => {
    const asked = { auth };
    return { note: await db.get(id), who: await asked.auth.getUserIdentity() };
  },
});
"#,
        ),
    ]);
    let report = project.export(&[]);
    for function in ["notes:newest", "notes:write", "notes:signedIn"] {
        assert_eq!(reason(&report, function), None, "{function}");
    }
    let told = |function: &str| reason(&report, function).unwrap();
    assert!(
        told("notes:hidden").contains("makes `Hidden` with its context"),
        "{report}"
    );
    assert!(
        told("notes:named").contains("needs `name` of the caller's identity"),
        "{report}"
    );
    assert!(told("notes:lent").contains("can't be followed"), "{report}");
    typechecks(&project);
}
