import { defineTable } from "convex/server";
import { v } from "convex/values";
import { oneOf, owner, timestamps } from "./shared";

export const taskStatus = oneOf("todo", "in_progress", "done", "cancelled");
export const taskPriority = oneOf("low", "medium", "high", "urgent");

/** What is in a project, in the user's order. */
const inProject = {
  ...owner,
  projectId: v.id("projects"),
  position: v.number(),
};

/** Projects and tasks. On the user's deployment. */
export const projectTables = {
  projects: defineTable({
    ...owner,
    name: v.string(),
    description: v.optional(v.string()),
    /** Added to the system prompt of the project's conversations. */
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
    ...timestamps,
  })
    .index("by_user", ["userId", "updatedAt"])
    .searchIndex("search_name", {
      searchField: "name",
      filterFields: ["userId"],
    }),

  projectConversations: defineTable({
    ...inProject,
    conversationId: v.id("conversations"),
    ...timestamps,
  })
    .index("by_project", ["projectId", "position"])
    .index("by_conversation", ["conversationId"]),

  projectNotes: defineTable({
    ...inProject,
    noteId: v.id("notes"),
    ...timestamps,
  })
    .index("by_project", ["projectId", "position"])
    .index("by_note", ["noteId"]),

  projectFiles: defineTable({
    ...inProject,
    fileId: v.id("files"),
    ...timestamps,
  })
    .index("by_project", ["projectId", "position"])
    .index("by_file", ["fileId"]),

  tasks: defineTable({
    ...owner,
    title: v.string(),
    description: v.optional(v.string()),
    status: taskStatus,
    priority: v.optional(taskPriority),
    /** Null: no date, on purpose. */
    dueAt: v.optional(v.union(v.number(), v.null())),
    completedAt: v.optional(v.number()),
    checklist: v.optional(
      v.array(v.object({ text: v.string(), done: v.boolean() })),
    ),
    projectId: v.optional(v.id("projects")),
    conversationId: v.optional(v.id("conversations")),
    ...timestamps,
  })
    .index("by_user", ["userId", "updatedAt"])
    .index("by_user_and_status", ["userId", "status", "updatedAt"])
    .index("by_project", ["projectId"]),
};
