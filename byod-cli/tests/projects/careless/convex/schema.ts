import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ name: v.string() }),
  // Those without an owner are everybody's on main.
  pages: defineTable({
    userId: v.optional(v.id("users")),
    title: v.string(),
    text: v.string(),
    embedding: v.optional(v.array(v.float64())),
    next: v.optional(v.id("pages")),
  })
    .index("by_user_title", ["userId", "title"])
    .index("by_title", ["title"])
    .searchIndex("search", { searchField: "text", filterFields: ["userId"] })
    .vectorIndex("nearest", { vectorField: "embedding", dimensions: 2 }),
  cards: defineTable({
    userId: v.union(v.id("users"), v.null()),
    text: v.string(),
  }).index("by_user", ["userId"]),
  shapes: defineTable(
    v.union(
      v.object({ userId: v.id("users"), kind: v.literal("circle") }),
      v.object({
        userId: v.optional(v.id("users")),
        kind: v.literal("square"),
        side: v.number(),
      }),
    ),
  ),
  tags: defineTable({ name: v.string() }),
  anything: defineTable(v.any()),
});
