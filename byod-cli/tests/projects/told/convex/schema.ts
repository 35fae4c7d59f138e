import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  users: defineTable({
    sub: v.string(),
    banned: v.boolean(),
    plan: v.string(),
  }).index("by_sub", ["sub"]),
  items: defineTable({ userId: v.id("users"), text: v.string() }).index(
    "by_user",
    ["userId"],
  ),
});
