import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { byodOutboxTables } from "./byod/applied";
import { byodTables } from "./byod/tables";

export default defineSchema({
  users: defineTable({ subject: v.string() }).index("by_subject", ["subject"]),

  userPreferences: defineTable({
    userId: v.id("users"),
    model: v.string(),
    tone: v.string(),
  }).index("by_user", ["userId"]),

  userStats: defineTable({
    userId: v.id("users"),
    messages: v.number(),
    answers: v.number(),
    words: v.number(),
  }).index("by_user", ["userId"]),

  /** One of each answer that a model was asked for. */
  runs: defineTable({ userId: v.id("users"), model: v.string() }).index(
    "by_user",
    ["userId"],
  ),

  messages: defineTable({
    userId: v.id("users"),
    role: v.union(v.literal("user"), v.literal("model")),
    text: v.string(),
    status: v.union(
      v.literal("pending"),
      v.literal("streaming"),
      v.literal("complete"),
      v.literal("stopped"),
    ),
    model: v.optional(v.string()),
    jobId: v.optional(v.id("_scheduled_functions")),
  }).index("by_user", ["userId"]),

  ...byodTables,
  ...byodOutboxTables,
});
