import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const plain = () => defineTable({ title: v.string() });

export default defineSchema({
  users: defineTable({ name: v.string() }),
  userPreferences: defineTable({
    userId: v.id("users"),
    language: v.string(),
    theme: v.optional(v.string()),
    volume: v.number(),
    visits: v.int64(),
    muted: v.boolean(),
    tags: v.array(v.string()),
    nickname: v.union(v.string(), v.null()),
    plan: v.union(v.literal("free"), v.literal("pro-2026")),
    layout: v.object({ columns: v.number(), dense: v.optional(v.boolean()) }),
    avatar: v.optional(v.bytes()),
    counters: v.record(v.string(), v.int64()),
    anything: v.optional(v.any()),
  }),
  // Names that Rust has other uses for, or that come out equal.
  oddNames: defineTable({
    type: v.string(),
    self: v.string(),
    "2fa": v.boolean(),
    userId: v.string(),
    user_id: v.string(),
    state: v.union(v.literal("a-b"), v.literal("a_b"), v.literal(""), v.literal("unknown")),
  }),
  unions: defineTable({
    part: v.union(
      v.object({ kind: v.literal("text"), body: v.string() }),
      v.object({ kind: v.literal("image"), url: v.string(), width: v.optional(v.number()) }),
      v.object({ kind: v.literal("divider") }),
    ),
    size: v.union(v.number(), v.literal("auto"), v.literal("full"), v.null()),
    target: v.optional(v.union(v.id("users"), v.object({ a: v.string() }), v.object({ a: v.string(), b: v.int64() }))),
    version: v.union(v.literal(1), v.literal(2)),
    name: v.union(v.string(), v.literal("none")),
  }),
  events: defineTable(v.union(v.object({ kind: v.literal("a") }), v.object({ kind: v.literal("b"), n: v.number() }))),

  notes: defineTable({ userId: v.id("users"), title: v.string(), body: v.optional(v.string()) }),

  shares: defineTable({ noteId: v.id("notes") }),
  shareLinks: defineTable({ url: v.string() }),
  drafts: defineTable({ ownerId: v.id("users") }),
  folders: defineTable({ name: v.string(), color: v.optional(v.string()) }),
  labels: defineTable({ color: v.string() }),

  onlyOnMain: plain(),
  onlyOnUser: plain(),
  kinds: plain(),
  argumentTypes: plain(),
  extraArgument: plain(),
  lackingArgument: plain(),
  undeclared: plain(),
  injectedType: plain(),
});
