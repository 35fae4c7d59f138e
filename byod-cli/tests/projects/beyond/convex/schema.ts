import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ name: v.string(), level: v.number() }).index("by_name", [
    "name",
  ]),
  notes: defineTable({
    userId: v.id("users"),
    friendId: v.optional(v.id("users")),
    text: v.string(),
  }).index("by_user", ["userId"]),
});
