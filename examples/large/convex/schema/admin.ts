import { defineTable } from "convex/server";
import { v } from "convex/values";

export const jobKind = v.union(
  v.literal("export"),
  v.literal("import"),
  v.literal("reindex"),
);

export const adminTables = {
  adminSettings: defineTable({
    key: v.string(),
    value: v.any(),
    updatedBy: v.id("users"),
    updatedAt: v.number(),
  }).index("by_key", ["key"]),

  featureFlags: defineTable({
    key: v.string(),
    enabled: v.boolean(),
    /** Of a hundred users, how many have it. */
    rollout: v.number(),
  }).index("by_key", ["key"]),

  auditLogs: defineTable({
    actorId: v.id("users"),
    action: v.string(),
    target: v.optional(v.string()),
    details: v.optional(v.any()),
    createdAt: v.number(),
  })
    .index("by_actor", ["actorId"])
    .index("by_action", ["action", "createdAt"]),

  models: defineTable({
    slug: v.string(),
    name: v.string(),
    provider: v.string(),
    contextWindow: v.number(),
    inputPrice: v.number(),
    outputPrice: v.number(),
    vision: v.boolean(),
    status: v.union(
      v.literal("active"),
      v.literal("beta"),
      v.literal("retired"),
    ),
    updatedAt: v.number(),
  })
    .index("by_slug", ["slug"])
    .index("by_status", ["status"]),

  modelVotes: defineTable({
    userId: v.id("users"),
    winner: v.string(),
    loser: v.string(),
    createdAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_winner", ["winner"]),

  announcements: defineTable({
    authorId: v.id("users"),
    title: v.string(),
    body: v.string(),
    publishedAt: v.optional(v.number()),
    expiresAt: v.optional(v.number()),
  }).index("by_published", ["publishedAt"]),

  announcementReads: defineTable({
    announcementId: v.id("announcements"),
    userId: v.id("users"),
    readAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_announcement_user", ["announcementId", "userId"]),

  emailLog: defineTable({
    userId: v.optional(v.id("users")),
    to: v.string(),
    template: v.string(),
    status: v.union(
      v.literal("queued"),
      v.literal("sent"),
      v.literal("failed"),
    ),
    error: v.optional(v.string()),
    createdAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_status", ["status"]),

  jobs: defineTable({
    userId: v.id("users"),
    kind: jobKind,
    status: v.union(
      v.literal("queued"),
      v.literal("running"),
      v.literal("done"),
      v.literal("failed"),
      v.literal("canceled"),
    ),
    progress: v.number(),
    input: v.any(),
    output: v.optional(v.any()),
    error: v.optional(v.string()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_status", ["status", "updatedAt"]),

  rateLimits: defineTable({
    key: v.string(),
    windowStart: v.number(),
    count: v.number(),
  }).index("by_key", ["key"]),

  migrations: defineTable({
    name: v.string(),
    status: v.union(v.literal("running"), v.literal("done")),
    processed: v.number(),
    cursor: v.union(v.string(), v.null()),
  }).index("by_name", ["name"]),
};
