import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ tokenIdentifier: v.string(), name: v.string() }).index(
    "by_token",
    ["tokenIdentifier"],
  ),
  notes: defineTable({
    userId: v.id("users"),
    title: v.string(),
    parentId: v.optional(v.id("notes")),
    related: v.array(v.id("notes")),
  })
    .index("by_user", ["userId"])
    .index("by_parent", ["parentId"]),
  tags: defineTable({ userId: v.id("users"), name: v.string() }).index(
    "by_user",
    ["userId"],
  ),
  noteTags: defineTable({
    userId: v.id("users"),
    noteId: v.id("notes"),
    tagId: v.id("tags"),
  })
    .index("by_note", ["noteId"])
    .index("by_tag", ["tagId"]),
});
