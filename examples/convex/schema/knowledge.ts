import { defineTable } from "convex/server";
import { v } from "convex/values";
import { EMBEDDING_DIMENSIONS, oneOf, owner, timestamps } from "./shared";

export const memoryKind = oneOf("fact", "preference", "instruction", "event");

/** What a memory was learnt from. */
export const memorySource = v.union(
  v.object({
    kind: v.literal("conversation"),
    conversationId: v.id("conversations"),
  }),
  v.object({ kind: v.literal("note"), noteId: v.id("notes") }),
  v.object({ kind: v.literal("user") }),
);

/** What the user keeps. On the user's deployment. */
export const knowledgeTables = {
  memories: defineTable({
    ...owner,
    content: v.string(),
    kind: memoryKind,
    /** From 0 to 1. */
    importance: v.optional(v.number()),
    source: v.optional(memorySource),
    embedding: v.optional(v.array(v.float64())),
    expiresAt: v.optional(v.number()),
    ...timestamps,
  })
    .index("by_user", ["userId"])
    .index("by_user_and_kind", ["userId", "kind"])
    .searchIndex("search_content", {
      searchField: "content",
      filterFields: ["userId", "kind"],
    })
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: EMBEDDING_DIMENSIONS,
      filterFields: ["userId"],
    }),

  files: defineTable({
    ...owner,
    name: v.string(),
    mimeType: v.string(),
    sizeBytes: v.number(),
    storageKey: v.string(),
    sha256: v.optional(v.string()),
    status: oneOf("uploading", "processing", "ready", "failed"),
    pageCount: v.optional(v.number()),
    error: v.optional(v.string()),
    ...timestamps,
  })
    .index("by_user", ["userId"])
    .index("by_user_and_hash", ["userId", "sha256"]),

  fileChunks: defineTable({
    ...owner,
    fileId: v.id("files"),
    position: v.number(),
    text: v.string(),
    page: v.optional(v.number()),
    embedding: v.array(v.float64()),
    ...timestamps,
  })
    .index("by_file", ["fileId", "position"])
    .searchIndex("search_text", {
      searchField: "text",
      filterFields: ["userId", "fileId"],
    })
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: EMBEDDING_DIMENSIONS,
      filterFields: ["userId", "fileId"],
    }),

  notes: defineTable({
    ...owner,
    title: v.string(),
    content: v.string(),
    format: v.optional(oneOf("markdown", "plain")),
    projectId: v.optional(v.id("projects")),
    /** The message that the note was taken from. */
    messageId: v.optional(v.id("messages")),
    pinned: v.optional(v.boolean()),
    ...timestamps,
  })
    .index("by_user", ["userId", "updatedAt"])
    .index("by_project", ["projectId", "updatedAt"])
    .searchIndex("search_title", {
      searchField: "title",
      filterFields: ["userId"],
    })
    .searchIndex("search_content", {
      searchField: "content",
      filterFields: ["userId"],
    }),

  bookmarks: defineTable({
    ...owner,
    conversationId: v.id("conversations"),
    messageId: v.id("messages"),
    note: v.optional(v.string()),
    color: v.optional(oneOf("yellow", "green", "blue", "red")),
    ...timestamps,
  })
    .index("by_user", ["userId"])
    .index("by_conversation", ["conversationId"]),

  snippets: defineTable({
    ...owner,
    title: v.string(),
    code: v.string(),
    language: v.string(),
    description: v.optional(v.string()),
    messageId: v.optional(v.id("messages")),
    ...timestamps,
  })
    .index("by_user", ["userId"])
    .index("by_user_and_language", ["userId", "language"]),
};
