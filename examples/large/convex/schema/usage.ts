import { defineTable } from "convex/server";
import { v } from "convex/values";

export const usageFeature = v.union(
  v.literal("chat"),
  v.literal("title"),
  v.literal("embedding"),
  v.literal("memory"),
  v.literal("notes"),
  v.literal("speech"),
);

export const usageTables = {
  /** One row a day, model and feature. */
  tokenUsage: defineTable({
    userId: v.id("users"),
    date: v.string(),
    model: v.string(),
    feature: usageFeature,
    inputTokens: v.number(),
    outputTokens: v.number(),
    cost: v.number(),
    calls: v.number(),
    conversationId: v.optional(v.id("conversations")),
  })
    .index("by_user_date", ["userId", "date"])
    .index("by_user_day_model", ["userId", "date", "model", "feature"])
    .index("by_conversation", ["conversationId"]),

  conversationTokenUsage: defineTable({
    conversationId: v.id("conversations"),
    model: v.string(),
    inputTokens: v.number(),
    outputTokens: v.number(),
    updatedAt: v.number(),
  })
    .index("by_conversation", ["conversationId"])
    .index("by_conversation_model", ["conversationId", "model"]),
};
