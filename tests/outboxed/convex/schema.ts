import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { byodOutboxTables } from "./byod/applied";
import { byodTables } from "./byod/tables";

export default defineSchema({
  users: defineTable({
    subject: v.string(),
    plan: v.string(),
  }).index("by_subject", ["subject"]),

  userStats: defineTable({
    userId: v.id("users"),
    notes: v.number(),
    words: v.number(),
  }).index("by_user", ["userId"]),

  activityEvents: defineTable({
    userId: v.id("users"),
    kind: v.string(),
    summary: v.string(),
  }).index("by_user", ["userId"]),

  votes: defineTable({
    userId: v.id("users"),
    /** What else it is about, of theirs. */
    event: v.optional(v.id("activityEvents")),
    title: v.string(),
    value: v.union(v.literal(1), v.literal(-1)),
  }).index("by_user", ["userId"]),

  reminders: defineTable({
    userId: v.id("users"),
    text: v.string(),
    sent: v.boolean(),
  }).index("by_user", ["userId"]),

  /** Anybody's, who may say anything. */
  feedback: defineTable({ text: v.string(), stars: v.number() }),

  posts: defineTable({ userId: v.id("users"), title: v.string() }),

  rateLimits: defineTable({ key: v.string(), count: v.number() }).index(
    "by_key",
    ["key"],
  ),

  notes: defineTable({
    userId: v.id("users"),
    title: v.string(),
    postId: v.optional(v.id("posts")),
    jobId: v.optional(v.id("_scheduled_functions")),
  }).index("by_user", ["userId"]),

  ...byodTables,
  ...byodOutboxTables,
});
