import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ subject: v.string() }),
  counters: defineTable({ name: v.string(), value: v.number() }),
  conversations: defineTable({ userId: v.id("users"), title: v.string() }),
  messages: defineTable({ userId: v.id("users"), conversationId: v.id("conversations"), text: v.string() }),
  tags: defineTable({ userId: v.id("users"), name: v.string() }),
});
