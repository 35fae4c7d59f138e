// Written by `byod export`.

import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  conversations: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    title: v.string(),
    model: v.string(),
    systemPrompt: v.optional(v.string()),
    settings: v.optional(
      v.object({
        temperature: v.optional(v.number()),
        maxOutputTokens: v.optional(v.number()),
        tools: v.optional(
          v.array(
            v.union(
              v.literal("web_search"),
              v.literal("code"),
              v.literal("memory"),
            ),
          ),
        ),
      }),
    ),
    projectId: v.optional(v.id("projects")),
    templateId: v.optional(v.string()),
    archived: v.optional(v.boolean()),
    pinned: v.optional(v.boolean()),
    lastMessageAt: v.optional(v.number()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "updatedAt"])
    .index("by_project", ["projectId"])
    .searchIndex("search_title", {
      searchField: "title",
      filterFields: ["userId"],
    }),

  conversationParticipants: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    conversationId: v.id("conversations"),
    role: v.union(v.literal("owner"), v.literal("editor"), v.literal("viewer")),
    lastReadAt: v.optional(v.number()),
    muted: v.optional(v.boolean()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_conversation", ["conversationId"])
    .index("by_user", ["userId"]),

  messages: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    conversationId: v.id("conversations"),
    role: v.union(
      v.literal("user"),
      v.literal("assistant"),
      v.literal("system"),
      v.literal("tool"),
    ),
    content: v.string(),
    status: v.optional(
      v.union(
        v.literal("streaming"),
        v.literal("complete"),
        v.literal("stopped"),
        v.literal("failed"),
      ),
    ),
    model: v.optional(v.string()),
    parentId: v.optional(v.id("messages")),
    usage: v.optional(
      v.object({
        inputTokens: v.number(),
        outputTokens: v.number(),
        cachedTokens: v.optional(v.number()),
      }),
    ),
    metadata: v.optional(v.record(v.string(), v.any())),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_conversation", ["conversationId"])
    .index("by_user", ["userId"])
    .searchIndex("search_content", {
      searchField: "content",
      filterFields: ["userId", "conversationId"],
    }),

  toolCalls: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    conversationId: v.id("conversations"),
    messageId: v.id("messages"),
    name: v.string(),
    input: v.any(),
    output: v.optional(v.any()),
    status: v.union(
      v.literal("running"),
      v.literal("done"),
      v.literal("failed"),
    ),
    durationMs: v.optional(v.number()),
    error: v.optional(v.string()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_conversation", ["conversationId"])
    .index("by_message", ["messageId"]),

  sources: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    conversationId: v.id("conversations"),
    messageId: v.id("messages"),
    position: v.number(),
    kind: v.union(v.literal("web"), v.literal("file"), v.literal("memory")),
    title: v.string(),
    url: v.optional(v.string()),
    snippet: v.optional(v.string()),
    fileId: v.optional(v.id("files")),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_conversation", ["conversationId"])
    .index("by_message", ["messageId", "position"]),

  attachments: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    conversationId: v.id("conversations"),
    messageId: v.id("messages"),
    fileId: v.optional(v.id("files")),
    name: v.string(),
    mimeType: v.string(),
    sizeBytes: v.number(),
    storageKey: v.string(),
    image: v.optional(v.object({ width: v.number(), height: v.number() })),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_conversation", ["conversationId"])
    .index("by_message", ["messageId"]),

  memories: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    content: v.string(),
    kind: v.union(
      v.literal("fact"),
      v.literal("preference"),
      v.literal("instruction"),
      v.literal("event"),
    ),
    importance: v.optional(v.number()),
    source: v.optional(
      v.union(
        v.object({
          kind: v.literal("conversation"),
          conversationId: v.id("conversations"),
        }),
        v.object({ kind: v.literal("note"), noteId: v.id("notes") }),
        v.object({ kind: v.literal("user") }),
      ),
    ),
    embedding: v.optional(v.array(v.number())),
    expiresAt: v.optional(v.number()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_user_and_kind", ["userId", "kind"])
    .searchIndex("search_content", {
      searchField: "content",
      filterFields: ["userId", "kind"],
    })
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: 1536,
      filterFields: ["userId"],
    }),

  files: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    name: v.string(),
    mimeType: v.string(),
    sizeBytes: v.number(),
    storageKey: v.string(),
    sha256: v.optional(v.string()),
    status: v.union(
      v.literal("uploading"),
      v.literal("processing"),
      v.literal("ready"),
      v.literal("failed"),
    ),
    pageCount: v.optional(v.number()),
    error: v.optional(v.string()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_user_and_hash", ["userId", "sha256"]),

  fileChunks: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    fileId: v.id("files"),
    position: v.number(),
    text: v.string(),
    page: v.optional(v.number()),
    embedding: v.array(v.number()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_file", ["fileId", "position"])
    .searchIndex("search_text", {
      searchField: "text",
      filterFields: ["userId", "fileId"],
    })
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: 1536,
      filterFields: ["userId", "fileId"],
    }),

  notes: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    title: v.string(),
    content: v.string(),
    format: v.optional(v.union(v.literal("markdown"), v.literal("plain"))),
    projectId: v.optional(v.id("projects")),
    messageId: v.optional(v.id("messages")),
    pinned: v.optional(v.boolean()),
    createdAt: v.number(),
    updatedAt: v.number(),
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
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    conversationId: v.id("conversations"),
    messageId: v.id("messages"),
    note: v.optional(v.string()),
    color: v.optional(
      v.union(
        v.literal("yellow"),
        v.literal("green"),
        v.literal("blue"),
        v.literal("red"),
      ),
    ),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_conversation", ["conversationId"]),

  snippets: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    title: v.string(),
    code: v.string(),
    language: v.string(),
    description: v.optional(v.string()),
    messageId: v.optional(v.id("messages")),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_user_and_language", ["userId", "language"]),

  projects: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    name: v.string(),
    description: v.optional(v.string()),
    instructions: v.optional(v.string()),
    color: v.optional(v.string()),
    icon: v.optional(v.string()),
    defaults: v.optional(
      v.object({
        model: v.optional(v.string()),
        temperature: v.optional(v.number()),
      }),
    ),
    archived: v.optional(v.boolean()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "updatedAt"])
    .searchIndex("search_name", {
      searchField: "name",
      filterFields: ["userId"],
    }),

  projectConversations: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    projectId: v.id("projects"),
    position: v.number(),
    conversationId: v.id("conversations"),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_project", ["projectId", "position"])
    .index("by_conversation", ["conversationId"]),

  projectNotes: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    projectId: v.id("projects"),
    position: v.number(),
    noteId: v.id("notes"),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_project", ["projectId", "position"])
    .index("by_note", ["noteId"]),

  projectFiles: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    projectId: v.id("projects"),
    position: v.number(),
    fileId: v.id("files"),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_project", ["projectId", "position"])
    .index("by_file", ["fileId"]),

  tasks: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    title: v.string(),
    description: v.optional(v.string()),
    status: v.union(
      v.literal("todo"),
      v.literal("in_progress"),
      v.literal("done"),
      v.literal("cancelled"),
    ),
    priority: v.optional(
      v.union(
        v.literal("low"),
        v.literal("medium"),
        v.literal("high"),
        v.literal("urgent"),
      ),
    ),
    dueAt: v.optional(v.union(v.number(), v.null())),
    completedAt: v.optional(v.number()),
    checklist: v.optional(
      v.array(v.object({ text: v.string(), done: v.boolean() })),
    ),
    projectId: v.optional(v.id("projects")),
    conversationId: v.optional(v.id("conversations")),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "updatedAt"])
    .index("by_user_and_status", ["userId", "status", "updatedAt"])
    .index("by_project", ["projectId"]),

  tags: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    name: v.string(),
    color: v.optional(v.string()),
    description: v.optional(v.string()),
    parentId: v.optional(v.id("tags")),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "name"])
    .index("by_parent", ["parentId"]),

  conversationTags: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    tagId: v.id("tags"),
    createdAt: v.number(),
    updatedAt: v.number(),
    conversationId: v.id("conversations"),
  })
    .index("by_tag", ["tagId"])
    .index("by_conversation", ["conversationId"]),

  noteTags: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    tagId: v.id("tags"),
    createdAt: v.number(),
    updatedAt: v.number(),
    noteId: v.id("notes"),
  })
    .index("by_tag", ["tagId"])
    .index("by_note", ["noteId"]),

  taskTags: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    tagId: v.id("tags"),
    createdAt: v.number(),
    updatedAt: v.number(),
    taskId: v.id("tasks"),
  })
    .index("by_tag", ["tagId"])
    .index("by_task", ["taskId"]),

  presentations: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    title: v.string(),
    description: v.optional(v.string()),
    status: v.union(
      v.literal("outline"),
      v.literal("generating"),
      v.literal("ready"),
      v.literal("failed"),
    ),
    aspectRatio: v.union(v.literal("16:9"), v.literal("4:3"), v.literal("1:1")),
    conversationId: v.optional(v.id("conversations")),
    designTemplateId: v.optional(v.id("designTemplates")),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "updatedAt"])
    .index("by_conversation", ["conversationId"]),

  slides: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    presentationId: v.id("presentations"),
    position: v.number(),
    layout: v.union(
      v.literal("title"),
      v.literal("content"),
      v.literal("two_columns"),
      v.literal("image"),
      v.literal("quote"),
    ),
    title: v.optional(v.string()),
    blocks: v.array(
      v.union(
        v.object({
          type: v.literal("text"),
          text: v.string(),
          level: v.optional(v.number()),
        }),
        v.object({
          type: v.literal("list"),
          items: v.array(v.string()),
          ordered: v.boolean(),
        }),
        v.object({
          type: v.literal("image"),
          storageKey: v.string(),
          alt: v.string(),
        }),
        v.object({
          type: v.literal("code"),
          code: v.string(),
          language: v.string(),
        }),
      ),
    ),
    speakerNotes: v.optional(v.string()),
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index("by_presentation", ["presentationId", "position"]),

  outlineItems: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    presentationId: v.id("presentations"),
    parentId: v.optional(v.id("outlineItems")),
    position: v.number(),
    text: v.string(),
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index("by_presentation", ["presentationId", "position"]),

  designTemplates: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    name: v.string(),
    description: v.optional(v.string()),
    theme: v.object({
      colors: v.record(v.string(), v.string()),
      fonts: v.object({ heading: v.string(), body: v.string() }),
      logoKey: v.optional(v.string()),
    }),
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index("by_user", ["userId"]),

  presentationSessions: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    presentationId: v.id("presentations"),
    status: v.union(v.literal("live"), v.literal("paused"), v.literal("ended")),
    currentSlide: v.number(),
    startedAt: v.number(),
    endedAt: v.optional(v.number()),
    viewers: v.optional(v.array(v.string())),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_presentation", ["presentationId"])
    .index("by_user", ["userId", "startedAt"]),

  usageRecords: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    kind: v.union(
      v.literal("chat"),
      v.literal("embedding"),
      v.literal("speech"),
      v.literal("image"),
    ),
    model: v.string(),
    date: v.string(),
    inputTokens: v.number(),
    outputTokens: v.number(),
    costMicros: v.int64(),
    conversationId: v.optional(v.id("conversations")),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "date"])
    .index("by_conversation", ["conversationId"]),

  ttsCache: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    textHash: v.string(),
    voice: v.string(),
    model: v.string(),
    audio: v.bytes(),
    durationMs: v.optional(v.number()),
    lastUsedAt: v.number(),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_text", ["userId", "textHash", "voice"])
    .index("by_last_use", ["lastUsedAt"]),

  activityEvents: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    kind: v.union(
      v.literal("created"),
      v.literal("updated"),
      v.literal("removed"),
      v.literal("shared"),
      v.literal("completed"),
    ),
    target: v.union(
      v.id("conversations"),
      v.id("notes"),
      v.id("tasks"),
      v.id("projects"),
    ),
    summary: v.string(),
    details: v.optional(v.record(v.string(), v.any())),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_target", ["target"]),

  /** Which mutations have run: byod/idempotency.ts. */
  byodIdempotency: defineTable({
    owner: v.string(),
    key: v.string(),
    function: v.string(),
    args: v.string(),
    result: v.any(),
  }).index("by_owner_key", ["owner", "key"]),

  /** Whose this deployment is: byod/claim.ts. */
  byodOwner: defineTable({
    subject: v.string(),
    user: v.string(),
    since: v.number(),
  }),
});
