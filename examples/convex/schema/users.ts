import { defineTable } from "convex/server";
import { v } from "convex/values";
import { MODELS } from "../lib/models";
import { oneOf, owner, timestamps } from "./shared";

const ONBOARDING_STEPS = [
  "profile",
  "first_chat",
  "first_note",
  "connect_database",
] as const;

/** Accounts and what belongs to them. Always on main. */
export const userTables = {
  users: defineTable({
    /** The user's name at the auth provider; the owner's name on their own deployment. */
    subject: v.string(),
    email: v.string(),
    name: v.string(),
    imageUrl: v.optional(v.string()),
    role: v.optional(oneOf("member", "admin")),
    lastSeenAt: v.optional(v.number()),
    ...timestamps,
  })
    .index("by_subject", ["subject"])
    .index("by_email", ["email"]),

  userPreferences: defineTable({
    ...owner,
    theme: v.optional(oneOf("system", "light", "dark")),
    language: v.optional(v.string()),
    defaultModel: v.optional(v.union(...MODELS.map(v.literal))),
    chat: v.optional(
      v.object({
        sendOnEnter: v.boolean(),
        showTimestamps: v.boolean(),
        fontSize: v.optional(v.number()),
      }),
    ),
    /** Which notifications to send, by their kind. */
    notifications: v.optional(v.record(v.string(), v.boolean())),
    ...timestamps,
  }).index("by_user", ["userId"]),

  userOnboarding: defineTable({
    ...owner,
    completedSteps: v.array(v.union(...ONBOARDING_STEPS.map(v.literal))),
    currentStep: v.union(...ONBOARDING_STEPS.map(v.literal), v.null()),
    dismissedAt: v.optional(v.number()),
    completedAt: v.optional(v.number()),
    ...timestamps,
  }).index("by_user", ["userId"]),

  userStats: defineTable({
    ...owner,
    replies: v.number(),
    inputTokens: v.number(),
    outputTokens: v.number(),
    byModel: v.record(
      v.string(),
      v.object({ replies: v.number(), tokens: v.number() }),
    ),
    lastActiveAt: v.optional(v.number()),
    ...timestamps,
  }).index("by_user", ["userId"]),
};
