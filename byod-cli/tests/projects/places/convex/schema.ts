import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ name: v.string() }),
  optional: defineTable({
    userId: v.optional(v.id("users")),
    text: v.string(),
  }),
  nullable: defineTable({
    userId: v.union(v.id("users"), v.null()),
    text: v.string(),
  }),
  texts: defineTable({
    userId: v.optional(v.union(v.literal("system"), v.id("users"), v.null())),
    text: v.string(),
  }),
  // The second kind has no owner at all.
  kinds: defineTable(
    v.union(
      v.object({ kind: v.literal("own"), userId: v.id("users") }),
      v.object({ kind: v.literal("open"), text: v.string() }),
    ),
  ),
  deep: defineTable({
    owner: v.optional(v.object({ userId: v.id("users") })),
    text: v.string(),
  }),
});
