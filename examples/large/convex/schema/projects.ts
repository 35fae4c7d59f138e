import { defineTable } from "convex/server";
import { v } from "convex/values";

export const taskStatus = v.union(
  v.literal("todo"),
  v.literal("doing"),
  v.literal("done"),
  v.literal("dropped"),
);

export const projectTables = {
  projects: defineTable({
    userId: v.id("users"),
    name: v.string(),
    description: v.optional(v.string()),
    color: v.optional(v.string()),
    instructions: v.optional(v.string()),
    archived: v.boolean(),
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index("by_user", ["userId", "updatedAt"]),

  projectConversations: defineTable({
    projectId: v.id("projects"),
    conversationId: v.id("conversations"),
    addedAt: v.number(),
  })
    .index("by_project", ["projectId"])
    .index("by_conversation", ["conversationId"])
    .index("by_project_conversation", ["projectId", "conversationId"]),

  projectNotes: defineTable({
    projectId: v.id("projects"),
    noteId: v.id("notes"),
    addedAt: v.number(),
  })
    .index("by_project", ["projectId"])
    .index("by_note", ["noteId"]),

  tasks: defineTable({
    userId: v.id("users"),
    title: v.string(),
    description: v.optional(v.string()),
    status: taskStatus,
    priority: v.number(),
    position: v.number(),
    dueAt: v.optional(v.number()),
    remindedAt: v.optional(v.number()),
    completedAt: v.optional(v.number()),
    projectId: v.optional(v.id("projects")),
    parentTaskId: v.optional(v.id("tasks")),
    sourceMessageId: v.optional(v.id("messages")),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId", "position"])
    .index("by_user_status", ["userId", "status"])
    .index("by_project", ["projectId"])
    .index("by_parent", ["parentTaskId"])
    .index("by_due", ["status", "dueAt"]),
};
