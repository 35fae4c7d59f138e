import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ name: v.string(), role: v.string() }),
  admins: defineTable({ subject: v.string() }),
  notes: defineTable({
    userId: v.id("users"),
    text: v.string(),
    locked: v.optional(v.boolean()),
  }).index("by_user", ["userId"]),
  boards: defineTable({ name: v.string(), members: v.array(v.string()) }),
  items: defineTable({ userId: v.id("users"), text: v.string() }),
});
