import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ sub: v.string() }).index("by_sub", ["sub"]),
  notes: defineTable({
    userId: v.id("users"),
    text: v.string(),
    createdAt: v.number(),
  }).index("by_user", ["userId"]),
});
