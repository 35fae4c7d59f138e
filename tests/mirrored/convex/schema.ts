import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { byodTables } from "./byod/tables";

export default defineSchema({
  users: defineTable({
    subject: v.string(),
    name: v.string(),
    email: v.string(),
    bio: v.optional(v.string()),
    plan: v.union(v.literal("free"), v.literal("pro")),
    bannedAt: v.optional(v.number()),
  })
    .index("by_subject", ["subject"])
    .index("by_email", ["email"]),

  userPreferences: defineTable({
    userId: v.id("users"),
    key: v.string(),
    value: v.any(),
    changedFrom: v.optional(v.string()),
  })
    .index("by_user", ["userId"])
    .index("by_user_key", ["userId", "key"]),

  badges: defineTable({
    userId: v.id("users"),
    givenBy: v.id("users"),
    title: v.string(),
    points: v.int64(),
  }).index("by_user", ["userId"]),

  // Nobody's: everybody may know what plans there are, and what is announced.
  plans: defineTable({
    slug: v.string(),
    notes: v.number(),
    cost: v.number(),
  }).index("by_slug", ["slug"]),

  announcements: defineTable({
    title: v.string(),
    plan: v.optional(v.id("plans")),
  }),

  notes: defineTable({
    userId: v.id("users"),
    title: v.string(),
    updatedAt: v.number(),
  }).index("by_user", ["userId"]),

  ...byodTables,
});
