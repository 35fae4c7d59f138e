import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const letter = v.object({ x: v.string() });
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
    gen: v.optional(v.string()),
    self: v.string(),
    self_: v.optional(v.object({ Page: v.object({ doc: v.string() }) })),
    "2fa": v.boolean(),
    t0: v.optional(v.object({ inner: v.string() })),
    // One letter, as generics have.
    A: v.optional(letter),
    M: v.optional(v.object({ M: v.string() })),
    S: v.optional(v.object({ one: letter, more: v.optional(v.union(letter, v.string())) })),
    userId: v.string(),
    user_id: v.string(),
    state: v.union(v.literal("a-b"), v.literal("a_b"), v.literal(""), v.literal("unknown"), v.literal("größe"), v.literal("日本"), v.literal("Self")),
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
    outcome: v.optional(
      v.union(
        v.object({ ok: v.literal(true), value: v.string() }),
        v.object({ ok: v.literal(false), error: v.string() }),
      ),
    ),
    release: v.optional(
      v.union(v.object({ major: v.literal(1) }), v.object({ major: v.literal(-2), lts: v.boolean() })),
    ),
    actor: v.optional(v.union(v.id("users"), v.literal("system"))),
    subject: v.optional(v.union(v.id("users"), v.id("userPreferences"))),
    // No field is a different literal in each.
    step: v.optional(
      v.union(
        v.object({ at: v.literal("start"), by: v.string() }),
        v.object({ at: v.literal("end"), by: v.string() }),
        v.object({ at: v.literal("end"), by: v.number() }),
      ),
    ),
    quotas: v.optional(v.record(v.union(v.literal("free"), v.literal("pro")), v.array(v.union(v.literal("a"), v.null())))),
  }),
  // Documents of several kinds.
  events: defineTable(
    v.union(
      v.object({ kind: v.literal("opened"), at: v.number() }),
      v.object({ kind: v.literal("renamed"), at: v.number(), title: v.string() }),
    ),
  ),
  figures: defineTable(
    v.union(
      v.object({ name: v.string(), radius: v.number() }),
      v.object({ name: v.optional(v.string()), width: v.number(), height: v.number() }),
    ),
  ),
  anything: defineTable(v.any()),
  teamLogs: defineTable({ a: v.string() }),
  team_logs: defineTable({ b: v.string() }),

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
  palettes: defineTable({ color: v.string() }),
  streams: defineTable(v.object({ kind: v.string() })),
  foreignArgument: plain(),
  undeclaredOnMain: plain(),
  injectedTime: plain(),
  injectedKey: plain(),
  returned: plain(),
  owned: plain(),
  internalOnMain: plain(),
});
