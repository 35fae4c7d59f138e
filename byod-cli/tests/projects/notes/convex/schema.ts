import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { noteKind } from "./kinds";
export default defineSchema({
  users: defineTable({
    tokenIdentifier: v.string(),
    name: v.string(),
    plan: v.string(),
  }).index("by_token", ["tokenIdentifier"]),
  notes: defineTable({
    userId: v.id("users"),
    title: v.string(),
    kind: noteKind,
    body: v.optional(v.string()),
    sharedWith: v.array(v.id("users")),
    folderId: v.optional(v.id("folders")),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_user_kind", ["userId", "kind"]),
  folders: defineTable({
    userId: v.id("users"),
    name: v.string(),
    archived: v.optional(v.boolean()),
    updatedAt: v.number(),
  }).index("by_user_archived", ["userId", "archived"]),
  todos: defineTable({
    userId: v.string(),
    text: v.string(),
    done: v.boolean(),
  }).index("by_user", ["userId"]),
});
