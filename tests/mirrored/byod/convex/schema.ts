// Written by `byod export`.

import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    /** Whose it is: the user's subject at the auth provider. */
    userId: v.string(),
    title: v.string(),
    updatedAt: v.number(),
  }).index("by_user", ["userId"]),

  /** Copies of the caller's own documents on main: byod/copies.ts. */
  users: defineTable({
    subject: v.string(),
    name: v.string(),
    plan: v.union(v.literal("free"), v.literal("pro")),
    bannedAt: v.optional(v.number()),
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
    key: v.string(),
    value: v.any(),
    byodOwner: v.string(),
    byodId: v.string(),
    byodCreated: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_user_key", ["userId", "key"])
    .index("byodOwner", ["byodOwner"])
    .index("byodId", ["byodOwner", "byodId"]),

  /** Copies of the caller's own documents on main: byod/copies.ts. */
  badges: defineTable({
    userId: v.string(),
    givenBy: v.string(),
    title: v.string(),
    points: v.int64(),
    byodOwner: v.string(),
    byodId: v.string(),
    byodCreated: v.number(),
  })
    .index("by_user", ["userId"])
    .index("byodOwner", ["byodOwner"])
    .index("byodId", ["byodOwner", "byodId"]),

  /** Copies of main's documents, which are everybody's: byod/copies.ts. */
  plans: defineTable({
    slug: v.string(),
    notes: v.number(),
    byodOwner: v.string(),
    byodId: v.string(),
    byodCreated: v.number(),
  })
    .index("by_slug", ["slug"])
    .index("byodOwner", ["byodOwner"])
    .index("byodId", ["byodOwner", "byodId"]),

  /** Copies of main's documents, which are everybody's: byod/copies.ts. */
  announcements: defineTable({
    title: v.string(),
    plan: v.optional(v.string()),
    byodOwner: v.string(),
    byodId: v.string(),
    byodCreated: v.number(),
  })
    .index("byodOwner", ["byodOwner"])
    .index("byodId", ["byodOwner", "byodId"]),

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
});
