import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { byodMoveTables } from "./byod/moved";
import { byodTables } from "./byod/tables";

export default defineSchema({
  users: defineTable({ subject: v.string() }).index("by_subject", ["subject"]),

  // Everybody's.
  templates: defineTable({ title: v.string() }),

  comments: defineTable({
    noteId: v.id("notes"),
    text: v.string(),
    answers: v.optional(v.id("comments")),
  }).index("by_note", ["noteId"]),

  notes: defineTable({
    userId: v.id("users"),
    title: v.string(),
    position: v.number(),
    folderId: v.id("folders"),
    /** One may be in the trash, or be gone. */
    pinned: v.optional(v.union(v.id("notes"), v.null())),
    related: v.optional(v.array(v.id("notes"))),
    byTag: v.optional(v.record(v.string(), v.id("notes"))),
    about: v.optional(
      v.union(
        // Any id is such a text as well.
        v.object({ kind: v.string(), id: v.string() }),
        v.object({ kind: v.literal("note"), id: v.id("notes") }),
        v.object({ kind: v.literal("folder"), id: v.id("folders") }),
      ),
    ),
    /** Words, or other notes. */
    tags: v.optional(v.union(v.array(v.string()), v.array(v.id("notes")))),
    /** An address elsewhere, or a file. */
    cover: v.optional(v.union(v.string(), v.id("_storage"))),
    templateId: v.optional(v.id("templates")),
    sharedBy: v.optional(v.id("users")),
    size: v.optional(v.int64()),
    raw: v.optional(v.bytes()),
    extra: v.optional(v.any()),
    madeAt: v.optional(v.number()),
  }).index("by_user", ["userId", "position"]),

  folders: defineTable({
    userId: v.id("users"),
    name: v.string(),
    parentId: v.optional(v.id("folders")),
    first: v.optional(v.id("notes")),
    madeAt: v.number(),
  }).index("by_user", ["userId"]),

  // Neither is without the other.
  boxes: defineTable({
    userId: v.id("users"),
    name: v.string(),
    lid: v.id("lids"),
    folderId: v.id("folders"),
    beside: v.optional(v.id("boxes")),
    madeAt: v.optional(v.number()),
  }).index("by_user", ["userId"]),

  lids: defineTable({
    userId: v.id("users"),
    name: v.string(),
    box: v.id("boxes"),
    madeAt: v.optional(v.number()),
  }).index("by_user", ["userId"]),

  ...byodTables,
  ...byodMoveTables,
});
