// Stands in for `convex-helpers/server/migrations`.
import { defineTable } from "convex/server";
import { v } from "convex/values";

export const DEFAULT_BATCH_SIZE = 100;

const cursor = v.union(v.string(), v.null());

export const migrationsTable = defineTable({
  name: v.string(),
  table: v.string(),
  cursor,
  isDone: v.boolean(),
  workerId: v.optional(v.id("_scheduled_functions")),
  processed: v.number(),
  latestStart: v.number(),
  latestEnd: v.optional(v.number()),
}).index("name", ["name"]);

export const makeMigration = (internalMutation) => (_migration) =>
  internalMutation({
    args: {
      fn: v.optional(v.string()),
      cursor: v.optional(cursor),
      batchSize: v.optional(v.number()),
      next: v.optional(v.array(v.string())),
      dryRun: v.optional(v.boolean()),
    },
    handler: async () => {},
  });
