import { paginationOptsValidator } from "convex/server";
import { v, type ObjectType } from "convex/values";
import {
  internalMutation,
  internalQuery,
  mutation,
  query,
  type MutationCtx,
} from "../_generated/server";
import { getUser, getUserOrNull } from "../lib/auth";
import { connectionStatus, databaseConfig } from "../schema/byod";
import { noted } from "./history";

/** A user's record with the encrypted credentials, for the service alone. */
export const getConfigInternal = internalQuery({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) =>
    await ctx.db
      .query("userDatabaseConfig")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .unique(),
});

/** The records of several users, in their order; null for who has none. */
export const getConfigs = internalQuery({
  args: { userIds: v.array(v.id("users")) },
  handler: async (ctx, { userIds }) =>
    await Promise.all(
      userIds.map(
        async (userId) =>
          await ctx.db
            .query("userDatabaseConfig")
            .withIndex("by_user", (q) => q.eq("userId", userId))
            .unique(),
      ),
    ),
});

/** How the caller's own deployment is doing. No secret leaves here. */
export const getConfig = query({
  args: {},
  returns: v.union(
    v.object({
      connectionStatus,
      lastConnectionTest: v.optional(v.number()),
      connectionError: v.optional(v.string()),
      schemaVersion: v.number(),
      lastSchemaDeploy: v.optional(v.number()),
    }),
    v.null(),
  ),
  handler: async (ctx) => {
    const user = await getUserOrNull(ctx);
    if (user === null) return null;
    const config = await ctx.db
      .query("userDatabaseConfig")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .unique();
    if (config === null) return null;
    return {
      connectionStatus: config.connectionStatus,
      lastConnectionTest: config.lastConnectionTest,
      connectionError: config.connectionError,
      schemaVersion: config.schemaVersion,
      lastSchemaDeploy: config.lastSchemaDeploy,
    };
  },
});

/** Who calls, by the two names that the service has for them, or null. */
export const whoAmI = query({
  args: {},
  returns: v.union(
    v.object({ userId: v.id("users"), subject: v.string() }),
    v.null(),
  ),
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    const user = await getUserOrNull(ctx);
    if (identity === null || user === null) return null;
    return { userId: user._id, subject: identity.subject };
  },
});

/** Sends the caller's calls to main again. The user's own data stays where it is. */
export const disconnect = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const user = await getUser(ctx);
    const config = await ctx.db
      .query("userDatabaseConfig")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .unique();
    if (config !== null) {
      await ctx.db.patch("userDatabaseConfig", config._id, {
        connectionStatus: "disconnected",
        connectionError: undefined,
        // Later than what others have seen, also within one millisecond.
        updatedAt: Math.max(Date.now(), config.updatedAt + 1),
      });
      await noted(ctx, config._id, config);
    }
    return null;
  },
});

export const createConfig = internalMutation({
  args: databaseConfig,
  returns: v.id("userDatabaseConfig"),
  handler: async (ctx, config) => {
    const present = await ctx.db
      .query("userDatabaseConfig")
      .withIndex("by_user", (q) => q.eq("userId", config.userId))
      .unique();
    if (present !== null)
      throw new Error("This user has a record: update it instead");
    const configId = await ctx.db.insert("userDatabaseConfig", config);
    await noted(ctx, configId, null);
    return configId;
  },
});

const recordChange = {
  configId: v.id("userDatabaseConfig"),
  expected: v.optional(
    v.object({
      connectionStatus: v.string(),
      authTags: v.string(),
      updatedAt: v.number(),
    }),
  ),
  encryptedDeploymentUrl: v.optional(v.string()),
  encryptedDeployKey: v.optional(v.string()),
  encryptionIV: v.optional(v.string()),
  authTags: v.optional(v.string()),
  connectionStatus: v.optional(connectionStatus),
  lastConnectionTest: v.optional(v.number()),
  connectionError: v.optional(v.string()),
  schemaVersion: v.optional(v.number()),
  lastSchemaDeploy: v.optional(v.number()),
  updatedAt: v.number(),
};

/**
 * Changes a record, unless it is another by now than the one that the writer has
 * seen: false then. Services of before there was `expected` write as they did.
 */
export const updateConfig = internalMutation({
  args: recordChange,
  returns: v.boolean(),
  handler: async (ctx, change) => await changeRecord(ctx, change),
});

/** The same for many users, each by itself: which of the records were changed. */
export const updateConfigs = internalMutation({
  args: { changes: v.array(v.object(recordChange)) },
  returns: v.array(v.boolean()),
  handler: async (ctx, { changes }) => {
    const changed: boolean[] = [];
    for (const change of changes) changed.push(await changeRecord(ctx, change));
    return changed;
  },
});

async function changeRecord(
  ctx: MutationCtx,
  { configId, expected, ...changes }: ObjectType<typeof recordChange>,
): Promise<boolean> {
  const config = await ctx.db.get("userDatabaseConfig", configId);
  if (config === null) return false;
  if (
    expected !== undefined &&
    (config.connectionStatus !== expected.connectionStatus ||
      config.authTags !== expected.authTags ||
      config.updatedAt !== expected.updatedAt)
  ) {
    return false;
  }
  // A status other than "error" ends the error that was there before.
  const status = changes.connectionStatus;
  const over =
    status !== undefined && status !== "error"
      ? { connectionError: undefined }
      : {};
  await ctx.db.patch("userDatabaseConfig", configId, { ...over, ...changes });
  await noted(ctx, configId, config);
  return true;
}

/**
 * Whose records were changed since then, the latest first: services watch it, and read
 * those records again.
 */
export const changedConfigs = internalQuery({
  args: { since: v.number() },
  handler: async (ctx, { since }) => {
    const changed = await ctx.db
      .query("userDatabaseConfig")
      .withIndex("by_updated", (q) => q.gte("updatedAt", since))
      .order("desc")
      .take(256);
    return changed.map(({ userId, updatedAt }) => ({ userId, updatedAt }));
  },
});

/** A page of all users' records, for `byod rotate-key` alone. */
export const listConfigs = internalQuery({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) =>
    await ctx.db.query("userDatabaseConfig").paginate(paginationOpts),
});

/**
 * Replaces what a record has sealed, unless somebody else did so meanwhile. It says
 * nothing new then, so `updatedAt`, which services send, stays as it is.
 */
export const resealConfig = internalMutation({
  args: {
    configId: v.id("userDatabaseConfig"),
    expectedAuthTags: v.string(),
    encryptedDeploymentUrl: v.string(),
    encryptedDeployKey: v.string(),
    encryptionIV: v.string(),
    authTags: v.string(),
    updatedAt: v.optional(v.number()),
  },
  returns: v.boolean(),
  handler: async (ctx, { configId, expectedAuthTags, ...given }) => {
    const { updatedAt: _, ...sealed } = given;
    const config = await ctx.db.get("userDatabaseConfig", configId);
    if (config?.authTags !== expectedAuthTags) return false;
    await ctx.db.patch("userDatabaseConfig", configId, sealed);
    return true;
  },
});
