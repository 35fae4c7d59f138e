import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { byodOutboxTables } from "./byod/applied";
import { byodTables } from "./byod/tables";

export default defineSchema({
  ...byodTables,
  ...byodOutboxTables,
  users: defineTable({ subject: v.string() }).index("by_subject", ["subject"]),
  counters: defineTable({ name: v.string(), count: v.number() }).index(
    "by_name",
    ["name"],
  ),
  exports: defineTable({ userId: v.id("users"), file: v.id("_storage") }),
  notes: defineTable({
    userId: v.id("users"),
    text: v.string(),
    embedding: v.optional(v.array(v.float64())),
    file: v.optional(v.id("_storage")),
    job: v.optional(v.id("_scheduled_functions")),
  })
    .index("by_user", ["userId"])
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: 2,
      filterFields: ["userId"],
    }),
});
