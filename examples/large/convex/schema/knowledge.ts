import { defineTable } from "convex/server";
import { v } from "convex/values";
import { EMBEDDING_DIMENSIONS } from "../lib/constants";

export const memoryCategory = v.union(
  v.literal("identity"),
  v.literal("preference"),
  v.literal("project"),
  v.literal("fact"),
);

export const knowledgeTables = {
  memories: defineTable({
    userId: v.id("users"),
    content: v.string(),
    category: memoryCategory,
    importance: v.number(),
    conversationId: v.optional(v.id("conversations")),
    sourceMessageId: v.optional(v.id("messages")),
    supersededBy: v.optional(v.id("memories")),
    expiresAt: v.optional(v.number()),
    embedding: v.array(v.float64()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "createdAt"])
    .index("by_user_category", ["userId", "category"])
    .index("by_conversation", ["conversationId"])
    .index("by_expiry", ["expiresAt"])
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: EMBEDDING_DIMENSIONS,
      filterFields: ["userId"],
    }),

  notes: defineTable({
    userId: v.id("users"),
    title: v.string(),
    content: v.string(),
    pinned: v.boolean(),
    sourceMessageId: v.optional(v.id("messages")),
    embedding: v.optional(v.array(v.float64())),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "updatedAt"])
    .index("by_source", ["sourceMessageId"])
    .searchIndex("search_content", {
      searchField: "content",
      filterFields: ["userId"],
    })
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: EMBEDDING_DIMENSIONS,
      filterFields: ["userId"],
    }),

  bookmarks: defineTable({
    userId: v.id("users"),
    conversationId: v.id("conversations"),
    messageId: v.id("messages"),
    comment: v.optional(v.string()),
    createdAt: v.number(),
  })
    .index("by_user", ["userId", "createdAt"])
    .index("by_message", ["messageId"])
    .index("by_conversation", ["conversationId"]),

  snippets: defineTable({
    userId: v.id("users"),
    title: v.string(),
    code: v.string(),
    language: v.string(),
    sourceMessageId: v.optional(v.id("messages")),
    useCount: v.number(),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "updatedAt"])
    .searchIndex("search_code", {
      searchField: "code",
      filterFields: ["userId", "language"],
    }),

  /** A person's own prompts, for the composer's slash menu. */
  prompts: defineTable({
    creatorId: v.id("users"),
    title: v.string(),
    body: v.string(),
    variables: v.array(v.string()),
    favorite: v.boolean(),
    useCount: v.number(),
    updatedAt: v.number(),
  })
    .index("by_creator", ["creatorId", "updatedAt"])
    .searchIndex("search_title", {
      searchField: "title",
      filterFields: ["creatorId"],
    }),

  files: defineTable({
    userId: v.id("users"),
    projectId: v.optional(v.id("projects")),
    storageId: v.id("_storage"),
    name: v.string(),
    mimeType: v.string(),
    size: v.number(),
    status: v.union(
      v.literal("uploaded"),
      v.literal("processing"),
      v.literal("ready"),
      v.literal("failed"),
    ),
    error: v.optional(v.string()),
    chunkCount: v.number(),
    createdAt: v.number(),
  })
    .index("by_user", ["userId", "createdAt"])
    .index("by_project", ["projectId"])
    .index("by_status", ["status"]),

  fileChunks: defineTable({
    fileId: v.id("files"),
    userId: v.id("users"),
    position: v.number(),
    content: v.string(),
    embedding: v.array(v.float64()),
  })
    .index("by_file", ["fileId", "position"])
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: EMBEDDING_DIMENSIONS,
      filterFields: ["userId"],
    }),
};
