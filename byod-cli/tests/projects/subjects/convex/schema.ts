import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ subject: v.string() }),
  // As where an auth provider keeps the users: their subject, and no id.
  notes: defineTable({ userId: v.string(), title: v.string() }).index("by_user", ["userId"]),
});
