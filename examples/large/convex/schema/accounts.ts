import { defineTable } from "convex/server";
import { v } from "convex/values";

export const planSlug = v.union(
  v.literal("free"),
  v.literal("pro"),
  v.literal("team"),
);

export const accountTables = {
  users: defineTable({
    clerkId: v.string(),
    email: v.string(),
    name: v.string(),
    imageUrl: v.optional(v.string()),
    bio: v.optional(v.string()),
    role: v.optional(v.union(v.literal("user"), v.literal("admin"))),
    plan: planSlug,
    timezone: v.optional(v.string()),
    bannedAt: v.optional(v.number()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_clerk_id", ["clerkId"])
    .index("by_email", ["email"])
    .index("by_plan", ["plan"])
    .searchIndex("search_name", { searchField: "name" }),

  userPreferences: defineTable({
    userId: v.id("users"),
    key: v.string(),
    value: v.any(),
    updatedAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_user_key", ["userId", "key"]),

  userStats: defineTable({
    userId: v.id("users"),
    conversations: v.number(),
    messages: v.number(),
    tokens: v.number(),
    notes: v.number(),
    tasksCompleted: v.number(),
    lastActiveAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_messages", ["messages"]),

  userOnboarding: defineTable({
    userId: v.id("users"),
    steps: v.array(v.string()),
    dismissedTips: v.array(v.string()),
    completedAt: v.optional(v.number()),
    updatedAt: v.number(),
  }).index("by_user", ["userId"]),

  userApiKeys: defineTable({
    userId: v.id("users"),
    provider: v.union(
      v.literal("openai"),
      v.literal("anthropic"),
      v.literal("google"),
    ),
    encryptedKey: v.string(),
    iv: v.string(),
    lastFour: v.string(),
    createdAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_user_provider", ["userId", "provider"]),

  /** Tokens of the command-line client; only their hashes. */
  cliTokens: defineTable({
    userId: v.id("users"),
    tokenHash: v.string(),
    prefix: v.string(),
    name: v.string(),
    lastUsedAt: v.optional(v.number()),
    revokedAt: v.optional(v.number()),
    createdAt: v.number(),
  })
    .index("by_user", ["userId"])
    .index("by_hash", ["tokenHash"]),

  /** Codes that a person types in the browser to sign the command line in. */
  cliLoginCodes: defineTable({
    code: v.string(),
    deviceName: v.string(),
    userId: v.optional(v.id("users")),
    status: v.union(
      v.literal("waiting"),
      v.literal("approved"),
      v.literal("used"),
    ),
    expiresAt: v.number(),
  })
    .index("by_code", ["code"])
    .index("by_expiry", ["expiresAt"]),

  teams: defineTable({
    name: v.string(),
    slug: v.string(),
    ownerId: v.id("users"),
    createdAt: v.number(),
  })
    .index("by_owner", ["ownerId"])
    .index("by_slug", ["slug"]),

  teamMembers: defineTable({
    teamId: v.id("teams"),
    userId: v.id("users"),
    role: v.union(v.literal("owner"), v.literal("member")),
    joinedAt: v.number(),
  })
    .index("by_team", ["teamId"])
    .index("by_user", ["userId"])
    .index("by_team_user", ["teamId", "userId"]),

  invitations: defineTable({
    teamId: v.id("teams"),
    email: v.string(),
    token: v.string(),
    invitedBy: v.id("users"),
    status: v.union(
      v.literal("pending"),
      v.literal("accepted"),
      v.literal("revoked"),
    ),
    expiresAt: v.number(),
  })
    .index("by_token", ["token"])
    .index("by_team", ["teamId"])
    .index("by_email", ["email"]),

  notifications: defineTable({
    userId: v.id("users"),
    kind: v.union(
      v.literal("system"),
      v.literal("share_viewed"),
      v.literal("task_due"),
      v.literal("import_done"),
      v.literal("budget"),
      v.literal("social"),
    ),
    title: v.string(),
    body: v.optional(v.string()),
    link: v.optional(v.string()),
    readAt: v.optional(v.number()),
    createdAt: v.number(),
  })
    .index("by_user", ["userId", "createdAt"])
    .index("by_user_read", ["userId", "readAt"]),

  activityEvents: defineTable({
    userId: v.id("users"),
    kind: v.string(),
    target: v.string(),
    targetId: v.string(),
    summary: v.string(),
    createdAt: v.number(),
  })
    .index("by_user", ["userId", "createdAt"])
    .index("by_target", ["target", "targetId"]),

  webhooks: defineTable({
    userId: v.id("users"),
    url: v.string(),
    secret: v.string(),
    events: v.array(v.string()),
    enabled: v.boolean(),
    failures: v.number(),
    createdAt: v.number(),
  }).index("by_user", ["userId"]),

  webhookDeliveries: defineTable({
    webhookId: v.id("webhooks"),
    event: v.string(),
    status: v.union(v.literal("sent"), v.literal("failed")),
    responseCode: v.optional(v.number()),
    createdAt: v.number(),
  }).index("by_webhook", ["webhookId", "createdAt"]),
};
