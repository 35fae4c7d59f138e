import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const text = { userId: v.string(), text: v.string() };

export default defineSchema({
  users: defineTable({ plan: v.string() }),
  delete: defineTable(text).index("owner", ["userId"]),
  functions: defineTable(text),
  modules: defineTable(text),
  my_notes: defineTable(text),
  notes: defineTable(text),
  pictures: defineTable(text),
  broken: defineTable(text),
});
