import { defineTable } from "convex/server";
import { v } from "convex/values";

export const tagTables = {
  tags: defineTable({
    userId: v.id("users"),
    slug: v.string(),
    name: v.string(),
    color: v.optional(v.string()),
    parentId: v.optional(v.id("tags")),
    usageCount: v.number(),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "usageCount"])
    .index("by_user_slug", ["userId", "slug"])
    .index("by_parent", ["parentId"])
    .index("by_slug", ["slug"]),

  conversationTags: defineTable({
    userId: v.id("users"),
    conversationId: v.id("conversations"),
    tagId: v.id("tags"),
  })
    .index("by_conversation", ["conversationId"])
    .index("by_tag", ["tagId"])
    .index("by_conversation_tag", ["conversationId", "tagId"]),

  noteTags: defineTable({
    userId: v.id("users"),
    noteId: v.id("notes"),
    tagId: v.id("tags"),
  })
    .index("by_note", ["noteId"])
    .index("by_tag", ["tagId"])
    .index("by_note_tag", ["noteId", "tagId"]),

  taskTags: defineTable({
    userId: v.id("users"),
    taskId: v.id("tasks"),
    tagId: v.id("tags"),
  })
    .index("by_task", ["taskId"])
    .index("by_tag", ["tagId"]),

  bookmarkTags: defineTable({
    bookmarkId: v.id("bookmarks"),
    tagId: v.id("tags"),
  })
    .index("by_bookmark", ["bookmarkId"])
    .index("by_tag", ["tagId"]),

  snippetTags: defineTable({
    snippetId: v.id("snippets"),
    tagId: v.id("tags"),
  })
    .index("by_snippet", ["snippetId"])
    .index("by_tag", ["tagId"]),
};
