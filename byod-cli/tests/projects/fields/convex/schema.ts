import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ subject: v.string(), manager: v.string() }),
  items: defineTable({ userId: v.id("users"), text: v.string() }),
});
