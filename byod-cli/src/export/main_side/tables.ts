// Written by `byod export --main`.

import { defineTable } from "convex/server";
import { v } from "convex/values";
import { byodFleetTables } from "./fleet";

export const connectionStatus = v.union(
  v.literal("pending"),
  v.literal("connected"),
  v.literal("error"),
  v.literal("disconnected"),
);

/** A user's own deployment: its address and key, encrypted, and how it is doing. */
export const databaseConfig = {
  userId: v.any(/*id*/),
  encryptedDeploymentUrl: v.string(),
  encryptedDeployKey: v.string(),
  /** `<url's IV>:<key's IV>` */
  encryptionIV: v.string(),
  /** `<url's tag>:<key's tag>` */
  authTags: v.string(),
  connectionStatus,
  lastConnectionTest: v.optional(v.number()),
  connectionError: v.optional(v.string()),
  schemaVersion: v.number(),
  lastSchemaDeploy: v.optional(v.number()),
  createdAt: v.number(),
  updatedAt: v.number(),
};

/** Users' own deployments, and what has become of them. */
export const byodTables = {
  ...byodFleetTables,
  userDatabaseConfig: defineTable(databaseConfig)
    .index("by_user", ["userId"])
    .index("by_status", ["connectionStatus"])
    .index("by_updated", ["updatedAt"]),
};
