import { defineTable } from "convex/server";
import { v } from "convex/values";
import { oneOf, owner, timestamps } from "./shared";

/** What happened, and what it cost. On the user's deployment. */
export const activityTables = {
  usageRecords: defineTable({
    ...owner,
    kind: oneOf("chat", "embedding", "speech", "image"),
    model: v.string(),
    /** `YYYY-MM-DD`, in UTC. */
    date: v.string(),
    inputTokens: v.number(),
    outputTokens: v.number(),
    /** Millionths of a dollar. */
    costMicros: v.int64(),
    conversationId: v.optional(v.id("conversations")),
    ...timestamps,
  })
    .index("by_user", ["userId", "date"])
    .index("by_conversation", ["conversationId"]),

  ttsCache: defineTable({
    ...owner,
    textHash: v.string(),
    voice: v.string(),
    model: v.string(),
    audio: v.bytes(),
    durationMs: v.optional(v.number()),
    lastUsedAt: v.number(),
    ...timestamps,
  })
    .index("by_text", ["userId", "textHash", "voice"])
    .index("by_last_use", ["lastUsedAt"]),

  activityEvents: defineTable({
    ...owner,
    kind: oneOf("created", "updated", "removed", "shared", "completed"),
    target: v.union(
      v.id("conversations"),
      v.id("notes"),
      v.id("tasks"),
      v.id("projects"),
    ),
    summary: v.string(),
    details: v.optional(v.record(v.string(), v.any())),
    ...timestamps,
  })
    .index("by_user", ["userId"])
    .index("by_target", ["target"]),
};
