import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema(
  {
    users: defineTable({
      name: v.string(),
      token: v.string(),
      isAdmin: v.boolean(),
    }).index("by_token", ["token"]),
    memberships: defineTable({
      userId: v.id("users"),
      conversationId: v.string(),
    }).index("by_user", ["userId", "conversationId"]),
    conversations: defineTable({
      userId: v.id("users"),
      title: v.string(),
    }).index("by_user", ["userId"]),
    // The owner is only on the parent.
    messages: defineTable({
      conversationId: v.id("conversations"),
      text: v.string(),
      embedding: v.optional(v.array(v.float64())),
    })
      .index("by_conversation", ["conversationId"])
      .index("by_text", ["text"])
      .searchIndex("search", {
        searchField: "text",
        filterFields: ["conversationId"],
      })
      .vectorIndex("nearest", { vectorField: "embedding", dimensions: 2 }),
    // The owner is the parent's parent's.
    reactions: defineTable({
      messageId: v.union(v.id("messages"), v.null()),
      kind: v.string(),
    }),
    // Everybody's, only admins change them.
    labels: defineTable({ name: v.string() }),
    // Guarded by a policy that is registered at the top level.
    vaults: defineTable({
      conversationId: v.id("conversations"),
      secret: v.string(),
    }),
    docs: defineTable({
      userId: v.id("users"),
      title: v.string(),
      text: v.string(),
      n: v.number(),
      embedding: v.optional(v.array(v.float64())),
      tags: v.optional(v.array(v.string())),
    })
      .index("by_user", ["userId"])
      .index("by_title", ["title"])
      .index("by_n", ["n"])
      .searchIndex("search", { searchField: "text" })
      .vectorIndex("nearest", { vectorField: "embedding", dimensions: 2 })
      .searchIndex("search_mine", {
        searchField: "text",
        filterFields: ["userId", "title"],
      })
      .vectorIndex("nearest_mine", {
        vectorField: "embedding",
        dimensions: 2,
        filterFields: ["userId", "title"],
      }),
    jobs: defineTable({
      userId: v.id("users"),
      job: v.optional(v.id("_scheduled_functions")),
      what: v.string(),
    }).index("by_user", ["userId"]),
    // Several owners.
    members: defineTable({ userIds: v.array(v.id("users")), name: v.string() }),
    // The owner deeper in.
    prefs: defineTable({
      owner: v.object({ userId: v.id("users") }),
      value: v.string(),
    }),
  },
  { strictTableNameTypes: false },
);
