import { defineTable } from "convex/server";
import { v } from "convex/values";
import { owner, timestamps } from "./shared";

const tagged = { ...owner, tagId: v.id("tags"), ...timestamps };

/** Tags and what bears them. On the user's deployment. */
export const tagTables = {
  tags: defineTable({
    ...owner,
    name: v.string(),
    color: v.optional(v.string()),
    description: v.optional(v.string()),
    parentId: v.optional(v.id("tags")),
    ...timestamps,
  })
    .index("by_user", ["userId", "name"])
    .index("by_parent", ["parentId"]),

  conversationTags: defineTable({
    ...tagged,
    conversationId: v.id("conversations"),
  })
    .index("by_tag", ["tagId"])
    .index("by_conversation", ["conversationId"]),

  noteTags: defineTable({ ...tagged, noteId: v.id("notes") })
    .index("by_tag", ["tagId"])
    .index("by_note", ["noteId"]),

  taskTags: defineTable({ ...tagged, taskId: v.id("tasks") })
    .index("by_tag", ["tagId"])
    .index("by_task", ["taskId"]),
};
