// Written by `byod export`.

import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  messages: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    role: v.union(v.literal("user"), v.literal("model")),
    text: v.string(),
    status: v.union(
      v.literal("pending"),
      v.literal("streaming"),
      v.literal("complete"),
      v.literal("stopped"),
    ),
    model: v.optional(v.string()),
    jobId: v.optional(v.id("_scheduled_functions")),
  }).index("by_user", ["userId"]),

  /** Copies of the caller's own documents on main: byod/copies.ts. */
  users: defineTable({
    subject: v.string(),
    byodOwner: v.string(),
    byodId: v.string(),
    byodCreated: v.number(),
  })
    .index("by_subject", ["subject"])
    .index("byodOwner", ["byodOwner"])
    .index("byodId", ["byodOwner", "byodId"]),

  /** Copies of the caller's own documents on main: byod/copies.ts. */
  userPreferences: defineTable({
    userId: v.string(),
    model: v.string(),
    tone: v.string(),
    byodOwner: v.string(),
    byodId: v.string(),
    byodCreated: v.number(),
  })
    .index("by_user", ["userId"])
    .index("byodOwner", ["byodOwner"])
    .index("byodId", ["byodOwner", "byodId"]),

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

  /** What was brought here of main's documents: byod/mirror.ts. */
  byodMirror: defineTable({
    owner: v.string(),
    user: v.string(),
    at: v.number(),
    digest: v.string(),
    shape: v.string(),
    missing: v.array(v.string()),
  }).index("by_owner", ["owner"]),

  /** What is to be done on main: byod/outbox.ts. */
  byodOutbox: defineTable({
    owner: v.string(),
    seq: v.number(),
    row: v.string(),
  }).index("by_owner_seq", ["owner", "seq"]),

  byodOutboxState: defineTable({
    owner: v.string(),
    next: v.number(),
  }).index("by_owner", ["owner"]),
});
