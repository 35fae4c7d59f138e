import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ subject: v.string(), plan: v.string() }).index("by_subject", ["subject"]),
  notes: defineTable({ userId: v.id("users"), text: v.string(), tagId: v.optional(v.id("tags")) }).index("by_user", ["userId"]),
  tags: defineTable({ userId: v.id("users"), name: v.string() }).index("by_user", ["userId"]),
  noteTags: defineTable({ noteId: v.id("notes"), tagId: v.id("tags") }),
  counters: defineTable({ userId: v.id("users"), notes: v.number() }),
  settings: defineTable({ name: v.string(), value: v.any() }),
});
