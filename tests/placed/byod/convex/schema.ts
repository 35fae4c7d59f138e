import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  conversations: defineTable({ userId: v.string(), title: v.string() }),
  messages: defineTable({ userId: v.string(), conversationId: v.id("conversations"), text: v.string() }),
  tags: defineTable({ userId: v.string(), name: v.string() }),
});
