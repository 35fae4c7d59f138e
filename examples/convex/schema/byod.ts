import { defineTable } from "convex/server";
import { v } from "convex/values";
import { byodFleetTables } from "../byod/fleet";
import { oneOf, owner, timestamps } from "./shared";

export const connectionStatus = oneOf(
  "pending",
  "connected",
  "error",
  "disconnected",
);

/** A user's own deployment: its address and key, encrypted, and how it is doing. */
export const databaseConfig = {
  ...owner,
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
  ...timestamps,
};

/** Users' own deployments, and what has become of them. Always on main. */
export const byodTables = {
  ...byodFleetTables,

  userDatabaseConfig: defineTable(databaseConfig)
    .index("by_user", ["userId"])
    .index("by_status", ["connectionStatus"])
    .index("by_updated", ["updatedAt"]),

  byodMigrations: defineTable({
    ...owner,
    configId: v.id("userDatabaseConfig"),
    fromVersion: v.number(),
    toVersion: v.number(),
    status: oneOf("pending", "running", "done", "failed", "rolled_back"),
    error: v.optional(v.string()),
    finishedAt: v.optional(v.number()),
    ...timestamps,
  })
    .index("by_config", ["configId"])
    .index("by_status", ["status"]),
};
