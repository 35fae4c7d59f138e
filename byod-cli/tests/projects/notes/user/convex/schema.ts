// Written by `byod export`.

import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    title: v.string(),
    kind: v.union(v.literal("text"), v.literal("list")),
    body: v.optional(v.string()),
    /** As a string: ids of "users" mean something on main only. */
    sharedWith: v.array(v.string()),
    folderId: v.optional(v.id("folders")),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_user_kind", ["userId", "kind"]),

  folders: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    name: v.string(),
    archived: v.optional(v.boolean()),
    updatedAt: v.number(),
  }).index("by_user_archived", ["userId", "archived"]),

  todos: defineTable({
    userId: v.string(),
    text: v.string(),
    done: v.boolean(),
  }).index("by_user", ["userId"]),

  /** Whose this deployment is: byod/claim.ts. */
  byodOwner: defineTable({
    subject: v.string(),
    user: v.string(),
    since: v.number(),
  }),
});
