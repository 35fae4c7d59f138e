import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { values } from "./values";

export default defineSchema({
  users: defineTable({ subject: v.string() }),
  values: defineTable(values),
  events: defineTable(
    v.union(
      v.object({ kind: v.literal("opened"), at: v.number() }),
      v.object({ kind: v.literal("renamed"), title: v.string() }),
    ),
  ),
  times: defineTable({
    system: v.number(),
    chrono: v.optional(v.number()),
    jiff: v.array(v.number()),
    time: v.union(v.number(), v.null()),
  }),
  notes: defineTable({ userId: v.id("users"), title: v.string() }),

  // The records of users' own deployments.
  userDatabaseConfig: defineTable({
    userId: v.id("users"),
    encryptedDeploymentUrl: v.string(),
    encryptedDeployKey: v.string(),
    encryptionIV: v.string(),
    authTags: v.string(),
    connectionStatus: v.string(),
    lastConnectionTest: v.optional(v.number()),
    connectionError: v.optional(v.string()),
    schemaVersion: v.number(),
    lastSchemaDeploy: v.optional(v.number()),
    createdAt: v.number(),
    updatedAt: v.number(),
  }),
});
