// Written by `byod export`.

import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    title: v.string(),
    /** As a string: ids of "posts" mean something on main only. */
    postId: v.optional(v.string()),
    jobId: v.optional(v.id("_scheduled_functions")),
  }).index("by_user", ["userId"]),

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
