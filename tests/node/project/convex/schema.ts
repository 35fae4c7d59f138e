import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  entries: defineTable({ text: v.string(), tags: v.optional(v.record(v.string(), v.int64())) }),
});
