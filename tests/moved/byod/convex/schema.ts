// Written by `byod export`.

import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  comments: defineTable({
    noteId: v.id("notes"),
    text: v.string(),
    answers: v.optional(v.id("comments")),
  }).index("by_note", ["noteId"]),

  notes: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    title: v.string(),
    position: v.number(),
    folderId: v.id("folders"),
    pinned: v.optional(v.union(v.id("notes"), v.null())),
    related: v.optional(v.array(v.id("notes"))),
    byTag: v.optional(v.record(v.string(), v.id("notes"))),
    about: v.optional(
      v.union(
        v.object({ kind: v.string(), id: v.string() }),
        v.object({ kind: v.literal("note"), id: v.id("notes") }),
        v.object({ kind: v.literal("folder"), id: v.id("folders") }),
      ),
    ),
    tags: v.optional(v.union(v.array(v.string()), v.array(v.id("notes")))),
    cover: v.optional(v.union(v.string(), v.id("_storage"))),
    /** As a string: ids of "templates" mean something on main only. */
    templateId: v.optional(v.string()),
    /** As a string: ids of "users" mean something on main only. */
    sharedBy: v.optional(v.string()),
    size: v.optional(v.int64()),
    raw: v.optional(v.bytes()),
    extra: v.optional(v.any()),
    madeAt: v.optional(v.number()),
  }).index("by_user", ["userId", "position"]),

  folders: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    name: v.string(),
    parentId: v.optional(v.id("folders")),
    first: v.optional(v.id("notes")),
    madeAt: v.number(),
  }).index("by_user", ["userId"]),

  boxes: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    name: v.string(),
    lid: v.id("lids"),
    folderId: v.id("folders"),
    beside: v.optional(v.id("boxes")),
    madeAt: v.optional(v.number()),
  }).index("by_user", ["userId"]),

  lids: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    name: v.string(),
    box: v.id("boxes"),
    madeAt: v.optional(v.number()),
  }).index("by_user", ["userId"]),

  /** Whose this deployment is: byod/claim.ts. */
  byodOwner: defineTable({
    subject: v.string(),
    user: v.string(),
    since: v.number(),
  }),

  /** What has become of documents that came here: byod/moving.ts. */
  byodMoved: defineTable({
    move: v.string(),
    table: v.string(),
    old: v.string(),
    created: v.number(),
    state: v.string(),
    listed: v.string(),
    round: v.optional(v.number()),
    new: v.optional(v.string()),
    hash: v.optional(v.string()),
    written: v.optional(v.string()),
    note: v.optional(v.string()),
    stays: v.optional(v.boolean()),
    former: v.optional(v.string()),
  })
    .index("by_old", ["move", "old"])
    .index("by_state", ["move", "table", "state", "created"]),
});
