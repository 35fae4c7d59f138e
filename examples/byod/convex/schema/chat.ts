import { defineTable } from "convex/server";
import { v } from "convex/values";
import { oneOf, owner, timestamps } from "./shared";

export const messageRole = oneOf("user", "assistant", "system", "tool");

/** What belongs to one message. */
const ofMessage = {
  ...owner,
  conversationId: v.id("conversations"),
  messageId: v.id("messages"),
};

/** Conversations and everything in them. On the user's deployment. */
export const chatTables = {
  conversations: defineTable({
    ...owner,
    title: v.string(),
    /** Any model's name: a new model needs no new schema on users' deployments. */
    model: v.string(),
    systemPrompt: v.optional(v.string()),
    settings: v.optional(
      v.object({
        temperature: v.optional(v.number()),
        maxOutputTokens: v.optional(v.number()),
        tools: v.optional(v.array(oneOf("web_search", "code", "memory"))),
      }),
    ),
    projectId: v.optional(v.id("projects")),
    /** The id of a template on main. */
    templateId: v.optional(v.string()),
    archived: v.optional(v.boolean()),
    pinned: v.optional(v.boolean()),
    lastMessageAt: v.optional(v.number()),
    ...timestamps,
  })
    .index("by_user", ["userId", "updatedAt"])
    .index("by_project", ["projectId"])
    .searchIndex("search_title", {
      searchField: "title",
      filterFields: ["userId"],
    }),

  conversationParticipants: defineTable({
    /** The participant. */
    ...owner,
    conversationId: v.id("conversations"),
    role: oneOf("owner", "editor", "viewer"),
    lastReadAt: v.optional(v.number()),
    muted: v.optional(v.boolean()),
    ...timestamps,
  })
    .index("by_conversation", ["conversationId"])
    .index("by_user", ["userId"]),

  messages: defineTable({
    ...owner,
    conversationId: v.id("conversations"),
    role: messageRole,
    content: v.string(),
    status: v.optional(oneOf("streaming", "complete", "stopped", "failed")),
    model: v.optional(v.string()),
    /** The message that this one is another answer to. */
    parentId: v.optional(v.id("messages")),
    usage: v.optional(
      v.object({
        inputTokens: v.number(),
        outputTokens: v.number(),
        cachedTokens: v.optional(v.number()),
      }),
    ),
    metadata: v.optional(v.record(v.string(), v.any())),
    ...timestamps,
  })
    .index("by_conversation", ["conversationId"])
    .index("by_user", ["userId"])
    .searchIndex("search_content", {
      searchField: "content",
      filterFields: ["userId", "conversationId"],
    }),

  toolCalls: defineTable({
    ...ofMessage,
    name: v.string(),
    input: v.any(),
    output: v.optional(v.any()),
    status: oneOf("running", "done", "failed"),
    durationMs: v.optional(v.number()),
    error: v.optional(v.string()),
    ...timestamps,
  })
    .index("by_conversation", ["conversationId"])
    .index("by_message", ["messageId"]),

  sources: defineTable({
    ...ofMessage,
    position: v.number(),
    kind: oneOf("web", "file", "memory"),
    title: v.string(),
    url: v.optional(v.string()),
    snippet: v.optional(v.string()),
    fileId: v.optional(v.id("files")),
    ...timestamps,
  })
    .index("by_conversation", ["conversationId"])
    .index("by_message", ["messageId", "position"]),

  attachments: defineTable({
    ...ofMessage,
    fileId: v.optional(v.id("files")),
    name: v.string(),
    mimeType: v.string(),
    sizeBytes: v.number(),
    storageKey: v.string(),
    image: v.optional(v.object({ width: v.number(), height: v.number() })),
    ...timestamps,
  })
    .index("by_conversation", ["conversationId"])
    .index("by_message", ["messageId"]),
};
