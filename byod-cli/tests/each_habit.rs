//! Each habit that kept functions of real apps from being served, in one app: all of it is.

use crate::support::{self, Project};
use serde_json::{Value, json};

const FILES: [(&str, &str); 11] = [
    (
        "byod.toml",
        r#"[main]
convex = "apps/web/convex"
[user]
convex = "byod/convex"
tables = ["songs", "albums", "sessions", "chats", "notes"]
[user.inject]
userId = "subject"
[user.owner]
songs = "artistId"
albums = "creatorId"
chats = "sessionId"
"#,
    ),
    (
        "package.json",
        r#"{ "private": true, "workspaces": ["apps/*"] }"#,
    ),
    (
        "apps/web/package.json",
        r#"{ "dependencies": { "convex": "1.48.0" } }"#,
    ),
    (
        "apps/web/tsconfig.json",
        r#"{ "compilerOptions": { "module": "ESNext", "moduleResolution": "Bundler", "paths": { "~/*": ["./*"], "@/*": ["./src/*"] } } }"#,
    ),
    (
        "apps/web/src/lib/titles.ts",
        "export const short = (title: string) => title.slice(0, 20);\n",
    ),
    (
        "apps/web/convex/schema.ts",
        r#"import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ token: v.string(), name: v.string() }).index("by_token", ["token"]),
  plans: defineTable({ name: v.string() }),
  songs: defineTable({ artistId: v.id("users"), title: v.string() }).index("by_artist", ["artistId"]),
  albums: defineTable({ creatorId: v.id("users"), title: v.string() }).index("by_creator", ["creatorId"]),
  sessions: defineTable({ userId: v.id("users"), title: v.string() }).index("by_user", ["userId"]),
  chats: defineTable({ sessionId: v.id("sessions"), text: v.string() }).index("by_session", ["sessionId"]),
  notes: defineTable({ userId: v.id("users"), text: v.string() }).index("by_user", ["userId"]),
});
"#,
    ),
    (
        "apps/web/convex/songs.ts",
        r#"import { v } from "convex/values";
import type { Doc } from "~/convex/_generated/dataModel";
import { mutation, query } from "~/convex/_generated/server";
import { short } from "@/lib/titles";

// Who calls is looked up where it is needed.
export const add = mutation({
  args: { title: v.string() },
  handler: async (ctx, { title }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db.query("users").withIndex("by_token", (q) => q.eq("token", identity.tokenIdentifier)).unique();
    if (!user) throw new Error("No such user");
    return await ctx.db.insert("songs", { artistId: user._id, title: short(title) });
  },
});

// No `args`, and none are taken.
export const list = query({
  handler: async (ctx): Promise<Doc<"songs">[]> => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) return [];
    const user = await ctx.db.query("users").withIndex("by_token", (q) => q.eq("token", identity.tokenIdentifier)).unique();
    if (!user) return [];
    return await ctx.db.query("songs").withIndex("by_artist", (q) => q.eq("artistId", user._id)).collect();
  },
});
"#,
    ),
    (
        "apps/web/convex/music.ts",
        r#"import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

// A module that is called like no table, and functions that are taken out of an object.
const albums = {
  create: mutation({
    args: { title: v.string() },
    handler: async (ctx, { title }) => {
      const identity = await ctx.auth.getUserIdentity();
      if (!identity) throw new Error("Not signed in");
      const user = await ctx.db.query("users").withIndex("by_token", (q) => q.eq("token", identity.tokenIdentifier)).unique();
      if (!user) throw new Error("No such user");
      return await ctx.db.insert("albums", { creatorId: user._id, title });
    },
  }),
};
export const createAlbum = albums.create;

export const rename = mutation({
  args: { id: v.id("albums"), title: v.string() },
  handler: async (ctx, { id, title }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const album = await ctx.db.get(id);
    if (!album) throw new Error("Not found");
    await ctx.db.patch(id, { title });
  },
});

export const titles = query({
  args: {},
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) return [];
    return (await ctx.db.query("albums").collect()).map((album) => album.title);
  },
});
"#,
    ),
    (
        "apps/web/convex/chat/session.ts",
        r#"import { v } from "convex/values";
import { mutation, query } from "../_generated/server";

// Whose it is says a parent alone.
export const say = mutation({
  args: { sessionId: v.id("sessions"), text: v.string() },
  handler: async (ctx, { sessionId, text }) => {
    const session = await ctx.db.get(sessionId);
    if (!session) throw new Error("No such session");
    await ctx.db.insert("chats", { sessionId, text });
  },
});

export const read = query({
  args: { sessionId: v.id("sessions") },
  handler: async (ctx, { sessionId }) =>
    await ctx.db.query("chats").withIndex("by_session", (q) => q.eq("sessionId", sessionId)).collect(),
});
"#,
    ),
    // Exported by several modules, under other names.
    (
        "apps/web/convex/chat.ts",
        "export { say, read as transcript } from \"./chat/session\";\n",
    ),
    (
        "byod/convex/custom/chat/session.ts",
        r#"import { v } from "convex/values";
import { ownerMutation } from "../../byod/owner";

export const say = ownerMutation({
  args: { sessionId: v.id("sessions"), text: v.string() },
  handler: async (ctx, { sessionId, text }) => {
    await ctx.db.insert("chats", { sessionId, text: `${text}!` });
  },
});

export const nobodyAsks = ownerMutation({ args: {}, handler: async () => null });
"#,
    ),
];

#[test]
fn an_app_of_habits_is_served_as_a_whole() {
    let project = Project::empty();
    for (file, text) in FILES {
        project.write(file, text);
    }
    let report = project.export(&[]);
    let file: Value = serde_json::from_str(&project.read("byod.functions.json")).unwrap();
    for function in [
        "songs:add",
        "songs:list",
        "music:rename",
        "music:titles",
        "chat/session:say",
        "chat/session:read",
        "chat:say",
        "chat:transcript",
    ] {
        assert_eq!(file["functions"][function]["runs"], "user", "{report}");
    }
    // What a person wrote in the place of nothing.
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("`nobodyAsks` of `custom/chat/session.ts` stands in no function's place"),
        "{notes}"
    );
    // Paths stay readable, wherever main's Convex folder is.
    let written = report["written"].to_string();
    assert!(written.contains("byod/app/src/lib/titles.ts"), "{written}");

    let Some(node) = support::node() else { return };
    let root = project.root.join("byod");
    support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    let alice = |kind: &str, path: &str, mut args: Value| {
        args["userId"] = "alice".into();
        json!({"type": kind, "path": path, "args": args})
    };
    let calls = json!([
        support::claim("alice"),
        alice("mutation", "songs:add", json!({"title": "a"})),
        alice("query", "songs:list", json!({})),
        {"insert": "sessions", "document": {"userId": "alice", "title": "s"}},
        alice("mutation", "chat/session:say", json!({"sessionId": "$3", "text": "hi"})),
        alice("query", "chat:transcript", json!({"sessionId": "$3"})),
    ]);
    let results = support::run(&node, &root.join("convex"), &calls);
    assert_eq!(results[2]["value"][0]["artistId"], "alice", "{results:?}");
    assert_eq!(results[5]["value"][0]["text"], "hi!", "{results:?}");
}
