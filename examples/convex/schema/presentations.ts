import { defineTable } from "convex/server";
import { v } from "convex/values";
import { oneOf, owner, timestamps } from "./shared";

/** One element of a slide. */
const block = v.union(
  v.object({
    type: v.literal("text"),
    text: v.string(),
    level: v.optional(v.number()),
  }),
  v.object({
    type: v.literal("list"),
    items: v.array(v.string()),
    ordered: v.boolean(),
  }),
  v.object({
    type: v.literal("image"),
    storageKey: v.string(),
    alt: v.string(),
  }),
  v.object({ type: v.literal("code"), code: v.string(), language: v.string() }),
);

/** Presentations made from conversations. On the user's deployment. */
export const presentationTables = {
  presentations: defineTable({
    ...owner,
    title: v.string(),
    description: v.optional(v.string()),
    status: oneOf("outline", "generating", "ready", "failed"),
    aspectRatio: oneOf("16:9", "4:3", "1:1"),
    conversationId: v.optional(v.id("conversations")),
    designTemplateId: v.optional(v.id("designTemplates")),
    ...timestamps,
  })
    .index("by_user", ["userId", "updatedAt"])
    .index("by_conversation", ["conversationId"]),

  slides: defineTable({
    ...owner,
    presentationId: v.id("presentations"),
    position: v.number(),
    layout: oneOf("title", "content", "two_columns", "image", "quote"),
    title: v.optional(v.string()),
    blocks: v.array(block),
    speakerNotes: v.optional(v.string()),
    ...timestamps,
  }).index("by_presentation", ["presentationId", "position"]),

  outlineItems: defineTable({
    ...owner,
    presentationId: v.id("presentations"),
    parentId: v.optional(v.id("outlineItems")),
    position: v.number(),
    text: v.string(),
    ...timestamps,
  }).index("by_presentation", ["presentationId", "position"]),

  designTemplates: defineTable({
    ...owner,
    name: v.string(),
    description: v.optional(v.string()),
    theme: v.object({
      colors: v.record(v.string(), v.string()),
      fonts: v.object({ heading: v.string(), body: v.string() }),
      logoKey: v.optional(v.string()),
    }),
    ...timestamps,
  }).index("by_user", ["userId"]),

  presentationSessions: defineTable({
    ...owner,
    presentationId: v.id("presentations"),
    status: oneOf("live", "paused", "ended"),
    currentSlide: v.number(),
    startedAt: v.number(),
    endedAt: v.optional(v.number()),
    viewers: v.optional(v.array(v.string())),
    ...timestamps,
  })
    .index("by_presentation", ["presentationId"])
    .index("by_user", ["userId", "startedAt"]),
};
