// Written by `byod export --main`.
// An edited file is kept. Unedited, what follows has the digest 631c74e60507b4c132d2ea51877033a34c3ec8e5139942e2b73d52f16291cb80

import { paginationOptsValidator } from "convex/server";
import { v, type ObjectType } from "convex/values";
import type { Id } from "../_generated/dataModel";
import {
  internalMutation,
  internalQuery,
  mutation,
  query,
  type MutationCtx,
  type QueryCtx,
} from "../_generated/server";
import { noted } from "./history";
import { connectionStatus, databaseConfig } from "./tables";

/** The user's id of who calls, or null where nobody is signed in. */
async function callerId(ctx: QueryCtx): Promise<Id<"users"> | null> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) return null;
  const user = await ctx.db
    .query("users")
    .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
    .unique();
  return user?._id ?? null;
}

async function recordOf(ctx: QueryCtx, userId: Id<"users">) {
  return await ctx.db
    .query("userDatabaseConfig")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .unique();
}

/** A user's record with the encrypted credentials, for the service alone. */
export const getConfigInternal = internalQuery({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => await recordOf(ctx, userId),
});

/** The records of several users, in their order; null for who has none. */
export const getConfigs = internalQuery({
  args: { userIds: v.array(v.id("users")) },
  handler: async (ctx, { userIds }) =>
    await Promise.all(
      userIds.map(async (userId) => await recordOf(ctx, userId)),
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
    const userId = await callerId(ctx);
    if (userId === null) return null;
    const config = await recordOf(ctx, userId);
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
    const userId = await callerId(ctx);
    if (identity === null || userId === null) return null;
    return { userId, subject: identity.subject };
  },
});

/** Sends the caller's calls to main again. The user's own data stays where it is. */
export const disconnect = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const userId = await callerId(ctx);
    if (userId === null) throw new Error("Sign in first");
    const config = await recordOf(ctx, userId);
    if (config !== null) {
      await ctx.db.patch(config._id, {
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
    if ((await recordOf(ctx, config.userId)) !== null)
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
  const config = await ctx.db.get(configId);
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
  await ctx.db.patch(configId, { ...over, ...changes });
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
    const config = await ctx.db.get(configId);
    if (config?.authTags !== expectedAuthTags) return false;
    await ctx.db.patch(configId, sealed);
    return true;
  },
});
