import { defineTable } from "convex/server";
import { v } from "convex/values";
import { EMBEDDING_DIMENSIONS } from "../lib/constants";

export const messageStatus = v.union(
  v.literal("pending"),
  v.literal("generating"),
  v.literal("complete"),
  v.literal("stopped"),
  v.literal("error"),
);

export const chatTables = {
  conversations: defineTable({
    userId: v.id("users"),
    title: v.string(),
    model: v.string(),
    systemPrompt: v.optional(v.string()),
    summary: v.optional(v.string()),
    pinned: v.boolean(),
    archived: v.boolean(),
    starred: v.boolean(),
    projectId: v.optional(v.id("projects")),
    parentConversationId: v.optional(v.id("conversations")),
    branchedFromMessageId: v.optional(v.id("messages")),
    activeBranchId: v.optional(v.id("branches")),
    messageCount: v.number(),
    lastMessageAt: v.number(),
    embedding: v.optional(v.array(v.float64())),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "lastMessageAt"])
    .index("by_user_archived", ["userId", "archived", "lastMessageAt"])
    .index("by_project", ["projectId"])
    .index("by_parent", ["parentConversationId"])
    .searchIndex("search_title", {
      searchField: "title",
      filterFields: ["userId", "archived"],
    })
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: EMBEDDING_DIMENSIONS,
      filterFields: ["userId"],
    }),

  messages: defineTable({
    conversationId: v.id("conversations"),
    userId: v.id("users"),
    role: v.union(
      v.literal("user"),
      v.literal("assistant"),
      v.literal("system"),
    ),
    content: v.string(),
    partialContent: v.optional(v.string()),
    status: messageStatus,
    model: v.optional(v.string()),
    parentMessageId: v.optional(v.id("messages")),
    branchId: v.optional(v.id("branches")),
    comparisonGroup: v.optional(v.string()),
    jobId: v.optional(v.id("_scheduled_functions")),
    inputTokens: v.optional(v.number()),
    outputTokens: v.optional(v.number()),
    cost: v.optional(v.number()),
    error: v.optional(v.string()),
    rating: v.optional(v.union(v.literal("up"), v.literal("down"))),
    embedding: v.optional(v.array(v.float64())),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_conversation", ["conversationId", "createdAt"])
    .index("by_user", ["userId", "createdAt"])
    .index("by_parent", ["parentMessageId"])
    .index("by_branch", ["branchId", "createdAt"])
    .index("by_status", ["status", "updatedAt"])
    .searchIndex("search_content", {
      searchField: "content",
      filterFields: ["userId", "conversationId", "role"],
    })
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: EMBEDDING_DIMENSIONS,
      filterFields: ["userId", "conversationId"],
    }),

  /** What a message said before it was edited or generated again. */
  messageVersions: defineTable({
    messageId: v.id("messages"),
    userId: v.id("users"),
    content: v.string(),
    model: v.optional(v.string()),
    createdAt: v.number(),
  }).index("by_message", ["messageId"]),

  branches: defineTable({
    conversationId: v.id("conversations"),
    userId: v.id("users"),
    name: v.string(),
    rootMessageId: v.id("messages"),
    createdAt: v.number(),
  }).index("by_conversation", ["conversationId"]),

  attachments: defineTable({
    userId: v.id("users"),
    conversationId: v.id("conversations"),
    messageId: v.optional(v.id("messages")),
    storageId: v.id("_storage"),
    name: v.string(),
    mimeType: v.string(),
    size: v.number(),
    createdAt: v.number(),
  })
    .index("by_message", ["messageId"])
    .index("by_conversation", ["conversationId"])
    .index("by_user", ["userId"]),

  toolCalls: defineTable({
    messageId: v.id("messages"),
    conversationId: v.id("conversations"),
    userId: v.id("users"),
    name: v.string(),
    input: v.any(),
    output: v.optional(v.any()),
    status: v.union(
      v.literal("running"),
      v.literal("done"),
      v.literal("failed"),
    ),
    startedAt: v.number(),
    finishedAt: v.optional(v.number()),
  })
    .index("by_message", ["messageId"])
    .index("by_conversation", ["conversationId"]),

  sources: defineTable({
    messageId: v.id("messages"),
    conversationId: v.id("conversations"),
    userId: v.id("users"),
    url: v.string(),
    title: v.string(),
    excerpt: v.optional(v.string()),
    position: v.number(),
  })
    .index("by_message", ["messageId"])
    .index("by_conversation", ["conversationId"]),

  drafts: defineTable({
    userId: v.id("users"),
    conversationId: v.optional(v.id("conversations")),
    content: v.string(),
    updatedAt: v.number(),
  }).index("by_user_conversation", ["userId", "conversationId"]),

  canvasDocuments: defineTable({
    ownerId: v.id("users"),
    conversationId: v.id("conversations"),
    title: v.string(),
    content: v.string(),
    language: v.optional(v.string()),
    version: v.number(),
    updatedAt: v.number(),
  })
    .index("by_owner", ["ownerId"])
    .index("by_conversation", ["conversationId"]),

  canvasHistory: defineTable({
    documentId: v.id("canvasDocuments"),
    version: v.number(),
    content: v.string(),
    author: v.union(v.literal("user"), v.literal("assistant")),
    createdAt: v.number(),
  }).index("by_document", ["documentId", "version"]),

  ttsCache: defineTable({
    userId: v.id("users"),
    textHash: v.string(),
    voice: v.string(),
    storageId: v.id("_storage"),
    lastUsedAt: v.number(),
  })
    .index("by_hash", ["userId", "textHash", "voice"])
    .index("by_last_used", ["lastUsedAt"]),
};
