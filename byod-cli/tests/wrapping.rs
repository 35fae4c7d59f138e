//! Functions whose handlers are given who calls by a function around them, that take their
//! context apart and put it together again, or ask packages for copies of main's documents.

use crate::support::{self, Project};
use serde_json::{Value, json};

const SCHEMA: &str = r#"import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ sub: v.string(), name: v.string(), plan: v.string() }).index("by_sub", ["sub"]),
  prefs: defineTable({ userId: v.id("users"), key: v.string(), value: v.string() })
    .index("by_user", ["userId"])
    .index("by_key", ["key"]),
  plans: defineTable({ slug: v.string(), most: v.number() }).index("by_slug", ["slug"]),
  notes: defineTable({ userId: v.id("users"), title: v.string() }).index("by_user", ["userId"]),
  tags: defineTable({ userId: v.id("users"), noteId: v.id("notes"), label: v.string() })
    .index("by_user", ["userId"])
    .index("by_note", ["noteId"]),
});
"#;

/// What gives handlers who calls.
const AROUND: &str = r#"import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

export async function requireUser(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("Not signed in");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("No such user");
  return user;
}

export const withUser =
  <Ctx extends QueryCtx, Args, Result>(
    handler: (ctx: Ctx, args: Args, user: Doc<"users">) => Promise<Result>,
  ) =>
  async (ctx: Ctx, args: Args): Promise<Result> => {
    const user = await requireUser(ctx);
    return await handler(ctx, args, user);
  };

export function withMe<Args, Result>(
  handler: (ctx: MutationCtx & { user: Doc<"users"> }, args: Args) => Promise<Result>,
) {
  return async (ctx: MutationCtx, args: Args) => {
    const user = await requireUser(ctx);
    return handler({ ...ctx, user }, args);
  };
}
"#;

fn app(modules: &[(&str, &str)]) -> Project {
    let project = Project::empty();
    project
        .write(
            "byod.toml",
            "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\n\
             tables = [\"notes\", \"tags\"]\nmirror = [\"users\", \"prefs\"]\npublished = [\"plans\"]\n\
             [user.inject]\nuserId = \"subject\"\n",
        )
        .write(
            "package.json",
            r#"{ "dependencies": { "convex": "1.48.0", "convex-helpers": "0.1.135" } }"#,
        )
        .write("convex/schema.ts", SCHEMA)
        .write("convex/lib/around.ts", AROUND);
    for (name, text) in modules {
        project.write(&format!("convex/{name}.ts"), text);
    }
    project
}

/// Why a function is missing, if it is.
fn missing(report: &Value, function: &str) -> Option<String> {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    let found = found.unwrap_or_else(|| panic!("{function} is not in {functions:?}"));
    found["reason"].as_str().map(str::to_owned)
}

fn typechecks(project: &Project) {
    let Some(node) = support::node() else { return };
    let root = project.root.join("user");
    support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
}

/// Alice's copies on her deployment, and then these calls.
fn run(project: &Project, calls: &[Value]) -> Option<Vec<Value>> {
    let node = support::node()?;
    let file = project.read("user/convex/byod/copies.ts");
    let fields = |table: &str, all: &[&str]| -> Value {
        let from = file.find(&format!("  {table}: {{")).unwrap_or(file.len());
        let part = &file[from..];
        let part = &part[..part.find("unread").unwrap_or(0)];
        let there = all
            .iter()
            .filter(|name| part.contains(&format!("\"{name}\"")));
        json!(there.collect::<Vec<_>>())
    };
    let documents = [
        (
            "users",
            json!([{"_id": "alice", "_creationTime": 1, "sub": "alice", "name": "Alice", "plan": "pro"}]),
        ),
        (
            "prefs",
            json!([{"_id": "p", "_creationTime": 2, "userId": "alice", "key": "sort", "value": "up"}]),
        ),
        (
            "plans",
            json!([
                {"_id": "free", "_creationTime": 3, "slug": "free", "most": 2},
                {"_id": "pro", "_creationTime": 4, "slug": "pro", "most": 9},
            ]),
        ),
    ];
    let all = [
        "key", "most", "name", "plan", "slug", "sub", "userId", "value",
    ];
    let tables: serde_json::Map<String, Value> = documents
        .into_iter()
        .map(|(table, documents)| {
            let given =
                json!({"fields": fields(table, &all), "documents": documents, "tooMany": false});
            (table.to_owned(), given)
        })
        .collect();
    let write =
        json!({"subject": "alice", "user": "alices id", "at": 7, "digest": "d", "tables": tables});
    let mut calls_with = vec![
        support::claim("alice"),
        json!({"type": "mutation", "path": "byod/mirror:write", "args": write}),
    ];
    calls_with.extend(calls.iter().cloned());
    let convex = project.root.join("user/convex");
    Some(support::run(&node, &convex, &json!(calls_with)))
}

fn call(kind: &str, path: &str, args: Value) -> Value {
    let mut args = args;
    args["userId"] = json!("alice");
    json!({"type": kind, "path": path, "args": args})
}

#[test]
fn a_function_around_a_handler_may_give_it_who_calls() {
    let project = app(&[(
        "notes",
        r#"import { v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import { mutation, query } from "./_generated/server";
import { withMe, withUser } from "./lib/around";

export const list = query({
  args: {},
  handler: withUser(async (ctx, _args, user) => {
    const notes = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
    return notes.map(({ title }) => `${title} of ${user.name}`);
  }),
});

export const add = mutation({
  args: { title: v.string() },
  handler: withMe(async (ctx, { title }: { title: string }) => {
    return await ctx.db.insert("notes", { userId: ctx.user._id, title: `${title} (${ctx.user.plan})` });
  }),
});

// The table before the id: one document, and not everybody's.
export const title = query({
  args: { id: v.id("notes") },
  handler: withUser(async (ctx, { id }: { id: Id<"notes"> }, user) => {
    const note = await ctx.db.get("notes", id);
    return note?.userId === user._id ? note.title : null;
  }),
});
"#,
    )]);
    let report = project.export(&[]);
    for function in ["notes:list", "notes:add", "notes:title"] {
        assert_eq!(missing(&report, function), None, "{function}");
    }
    typechecks(&project);
    let Some(results) = run(
        &project,
        &[
            call("mutation", "notes:add", json!({"title": "hers"})),
            call("query", "notes:list", json!({})),
            call("query", "notes:title", json!({"id": "$2"})),
        ],
    ) else {
        return;
    };
    assert_eq!(
        results[3]["value"],
        json!(["hers (pro) of Alice"]),
        "{results:?}"
    );
    assert_eq!(results[4]["value"], "hers (pro)");
}

/// What the context has beside that, or who is given it under another name, doesn't show.
#[test]
fn what_a_function_around_a_handler_does_not_give_is_refused() {
    let project = app(&[
        (
            "lib/more",
            r#"import { customCtx, customQuery } from "convex-helpers/server/customFunctions";
import { query, type QueryCtx } from "../_generated/server";

export const audited = customQuery(query, customCtx(async () => ({ team: "blue" })));

export const logged =
  <Args, Result>(handler: (ctx: QueryCtx & { team: string }, args: Args) => Promise<Result>) =>
  async (ctx: QueryCtx & { team: string }, args: Args) => handler({ ...ctx }, args);
"#,
        ),
        (
            "notes",
            r#"import { query } from "./_generated/server";
import { withUser } from "./lib/around";
import { audited, logged } from "./lib/more";

// Main's own builder adds it, which isn't there.
export const ofTeam = audited({
  args: {},
  handler: logged(async (ctx) => {
    const notes = await ctx.db.query("notes").collect();
    return `${ctx.team}: ${notes.length}`;
  }),
});

export const renamed = query({
  args: {},
  handler: withUser(async (connection, _args, user) => {
    const { length } = await reach(connection);
    return `${user.name}: ${length}`;
  }),
});

async function reach(anything: any) {
  return await anything["db"].query("notes").collect();
}
"#,
        ),
    ]);
    let report = project.export(&[]);
    let team = missing(&report, "notes:ofTeam").unwrap();
    assert!(
        team.contains("`audited`") || team.contains("`ctx.team`"),
        "{team}"
    );
    assert!(missing(&report, "notes:renamed").is_some());
}

#[test]
fn the_rest_of_a_context_is_put_together_again() {
    let project = app(&[(
        "notes",
        r#"import { v } from "convex/values";
import { query } from "./_generated/server";
import { requireUser } from "./lib/around";

export const one = query({
  args: { id: v.id("notes") },
  handler: async ({ db, auth, ...rest }, { id }) => {
    const user = await requireUser({ db, auth, ...rest });
    const note = await db.get(id);
    const bundle = { db };
    const mine = await bundle.db.query("notes").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
    return `${note?.title} of ${mine.length}`;
  },
});

// Without `auth` it is no context, so nobody knows what would be asked of it.
export const less = query({
  args: {},
  handler: async ({ db, auth, ...rest }) => {
    if ((await auth.getUserIdentity()) === null) return 0;
    const given: any = { db, ...rest };
    return (await given.db.query("notes").collect()).length;
  },
});
"#,
    )]);
    let report = project.export(&[]);
    assert_eq!(missing(&report, "notes:one"), None);
    let text = project.read("user/convex/notes.ts");
    assert!(text.contains("handler: async (ctx, { id }) => {"), "{text}");
    assert!(text.contains("await requireUser(ctx)"), "{text}");
    assert!(text.contains("const bundle = { db: ctx.db };"), "{text}");
    let less = missing(&report, "notes:less").unwrap();
    assert!(less.contains("out of its context"), "{less}");
    typechecks(&project);
}

#[test]
fn packages_find_copies_of_the_callers_own_and_what_is_everybodys() {
    let project = app(&[(
        "notes",
        r#"import { paginationOptsValidator } from "convex/server";
import { paginator } from "convex-helpers/server/pagination";
import { getManyFrom, getOneFrom } from "convex-helpers/server/relationships";
import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { query, type QueryCtx } from "./_generated/server";
import { requireUser } from "./lib/around";
import schema from "./schema";

export const labels = query({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    const user = await requireUser(ctx);
    const prefs = await getManyFrom(ctx.db, "prefs", "by_user", user._id, "userId");
    const plan = await getOneFrom(ctx.db, "plans", "by_slug", user.plan, "slug");
    const tags = await getManyFrom(ctx.db, "tags", "by_note", noteId, "noteId");
    return { tags: tags.map((tag) => tag.label), prefs: prefs.map((pref) => pref.value), most: plan?.most };
  },
});

// Anybody's, by what it is called.
export const byKey = query({
  args: { key: v.string() },
  handler: async (ctx, { key }) => {
    const user = await requireUser(ctx);
    const prefs = await getManyFrom(ctx.db, "prefs", "by_key", key, "key");
    const notes = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
    return prefs.length + notes.length;
  },
});

export const page = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    const user = await requireUser(ctx);
    return await paginator(ctx.db, schema)
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .paginate(paginationOpts);
  },
});

// Ids by the types of documents.
async function titleOf(ctx: QueryCtx, id: Doc<"notes">["_id"]) {
  return (await ctx.db.get(id))?.title;
}

export const titles = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const tags = await ctx.db.query("tags").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
    const ids: Doc<"tags">["noteId"][] = tags.map((tag) => tag.noteId);
    return await Promise.all(ids.map((id) => titleOf(ctx, id)));
  },
});
"#,
    )]);
    let report = project.export(&[]);
    for function in ["notes:labels", "notes:page", "notes:titles"] {
        assert_eq!(missing(&report, function), None, "{function}");
    }
    let told = missing(&report, "notes:byKey").unwrap();
    assert!(
        told.contains("reaches main's table `prefs` by `getManyFrom`"),
        "{told}"
    );
    typechecks(&project);
    let note =
        |title: &str| json!({"insert": "notes", "document": {"userId": "alice", "title": title}});
    let tag =
        json!({"insert": "tags", "document": {"userId": "alice", "noteId": "$2", "label": "x"}});
    let page = |cursor: Value| {
        call(
            "query",
            "notes:page",
            json!({"paginationOpts": {"numItems": 1, "cursor": cursor}}),
        )
    };
    let Some(results) = run(
        &project,
        &[
            note("one"),
            note("two"),
            json!({"insert": "notes", "document": {"userId": "bob", "title": "his"}}),
            tag,
            call("query", "notes:labels", json!({"noteId": "$2"})),
            call("query", "notes:titles", json!({})),
            page(Value::Null),
        ],
    ) else {
        return;
    };
    assert_eq!(
        results[6]["value"],
        json!({"tags": ["x"], "prefs": ["up"], "most": 9}),
        "{results:?}"
    );
    assert_eq!(results[7]["value"], json!(["one"]));
    assert_eq!(results[8]["value"]["page"][0]["title"], "two");
    assert_eq!(results[8]["value"]["page"].as_array().unwrap().len(), 1);
}

/// What a package makes of a table's name has no text that could be carried over: it is
/// refused, and never left on main without a word.
#[test]
fn functions_that_a_package_makes_of_a_table_are_refused() {
    let project = app(&[
        (
            "notes",
            r#"import { crud } from "convex-helpers/server/crud";
import { mutation, query } from "./_generated/server";
import schema from "./schema";

export const { create, read, update, destroy } = crud(schema, "notes", query, mutation);
"#,
        ),
        (
            "plans",
            r#"import { crud } from "convex-helpers/server/crud";
import { mutation, query } from "./_generated/server";
import schema from "./schema";

export const { read } = crud(schema, "plans", query, mutation);
"#,
        ),
    ]);
    project.export(&[]);
    let check = project.byod(&["check", "--json"]).json();
    let functions = check["functions"].as_array().unwrap();
    let runs = |path: &str| {
        let found = functions.iter().find(|f| f["function"] == path);
        found.map(|found| found["runs"].as_str().unwrap().to_owned())
    };
    for name in ["create", "read", "update", "destroy"] {
        let path = format!("notes:{name}");
        // Where the package isn't there to be read, `byod check` says that they are left out.
        match runs(&path) {
            Some(runs) => assert_eq!(runs, "refused", "{path}"),
            None => assert!(
                check.to_string().contains("convex-helpers/server/crud"),
                "{check}"
            ),
        }
    }
    assert!(runs("plans:read").is_none_or(|runs| runs != "user"));
}

/// What all functions use is no way from each to all others, nor is what isn't there.
#[test]
fn what_handlers_of_routes_use_leads_to_none_of_them() {
    let project = app(&[
        (
            "lib/log",
            r#"const lines = (level: string) => (message: string) => console.log(level, message);
export const logger = { info: lines("info"), error: lines("error") };
"#,
        ),
        (
            "http",
            r#"import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { logger } from "./lib/log";

const http = httpRouter();
http.route({
  path: "/hook",
  method: "POST",
  handler: httpAction(async (ctx) => {
    logger.error("hook");
    await ctx.runMutation(internal.notes.clear, {});
    return new Response(null);
  }),
});
export default http;
"#,
        ),
        (
            "plans",
            r#"import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, mutation } from "./_generated/server";
import { logger } from "./lib/log";

export const add = mutation({
  args: { slug: v.string() },
  handler: async (ctx, { slug }) => {
    logger.info(slug);
    await ctx.db.insert("plans", { slug, most: 1 });
  },
});

export const hashed = action({
  args: { text: v.string() },
  handler: async (ctx, { text }): Promise<string> => {
    const { createHash } = require("node:crypto");
    await ctx.runQuery((internal as any).notes.gone, {});
    return createHash("sha256").update(text).digest("hex");
  },
});

export const gone = action({
  args: {},
  handler: async (ctx): Promise<void> => {
    await ctx.runQuery(internal.notes.notThereAtAll, {});
  },
});

export const open = action({
  args: { from: v.string() },
  handler: async (ctx, { from }): Promise<void> => {
    await require(from).run(ctx);
  },
});
"#,
        ),
        (
            "notes",
            r#"import { internalMutation } from "./_generated/server";

export const clear = internalMutation({
  args: {},
  handler: async (ctx) => {
    for (const note of await ctx.db.query("notes").collect()) await ctx.db.delete(note._id);
  },
});
"#,
        ),
    ]);
    project.export(&[]);
    let check = project.byod(&["check", "--json"]).json();
    let functions = check["functions"].as_array().unwrap();
    let placed = |path: &str| {
        let found = functions.iter().find(|f| f["function"] == path);
        let found = found.unwrap_or_else(|| panic!("{path} is not in {functions:?}"));
        (found["runs"].as_str().unwrap(), found["reason"].as_str())
    };
    for path in ["plans:add", "plans:gone"] {
        assert_eq!(placed(path).0, "main", "{path}: {:?}", placed(path));
    }
    let (runs, reason) = placed("plans:open");
    assert_eq!(runs, "refused");
    assert!(reason.unwrap().contains("require"), "{reason:?}");
    // It isn't the module of Node's that hides something.
    let (_, reason) = placed("plans:hashed");
    assert!(
        !reason.unwrap_or_default().contains("`require`"),
        "{reason:?}"
    );
}
