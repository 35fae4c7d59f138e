// Written by `byod export --main`.

import { v } from "convex/values";
import type { Id } from "../_generated/dataModel";
import {
  internalMutation,
  internalQuery,
  type MutationCtx,
} from "../_generated/server";

// What an operator is shown beside the records: what has become of each user's deployment,
// and how far roll-outs are.

/** How much of each user's history is kept. */
const KEPT = 50;

/** How many roll-outs are. */
const ROLLOUTS = 20;

/**
 * Keeps what a change of a user's record means for their deployment; to be called in the
 * mutation that has made it, with the record as it was before, or null.
 */
export async function noted(
  ctx: MutationCtx,
  configId: Id<"userDatabaseConfig">,
  before: any,
) {
  const after = await ctx.db.get(configId);
  if (after === null) return;
  const { userId, schemaVersion, connectionStatus: is } = after;
  const was = before?.connectionStatus;
  if (is === "error" && was !== "error")
    await add(ctx, userId, "blocked", schemaVersion);
  else if (is === "connected" && was === "error")
    await add(ctx, userId, "recovered", schemaVersion);
  else if (is !== was && (is === "connected" || is === "disconnected"))
    await add(ctx, userId, is, schemaVersion);
  else if (is === was && after.authTags !== before.authTags)
    await add(ctx, userId, "credentials", schemaVersion);
  const deployed = after.lastSchemaDeploy;
  if (deployed !== undefined && deployed !== before?.lastSchemaDeploy)
    await add(ctx, userId, "deployed", schemaVersion);
}

/** Keeps that a user's data answers from the other side now. */
export async function moved(
  ctx: MutationCtx,
  record: any,
  direction: "in" | "out",
) {
  await add(ctx, record.userId, "moved", record.schemaVersion, direction);
}

async function add(
  ctx: MutationCtx,
  user: any,
  kind: string,
  version: number,
  direction?: "in" | "out",
) {
  const kept = await ctx.db
    .query("byodHistory")
    .withIndex("by_user", (q) => q.eq("user", user))
    .take(KEPT);
  if (kept.length === KEPT) {
    const oldest: Id<"byodHistory"> = kept[0]._id;
    await ctx.db.delete(oldest);
  }
  await ctx.db.insert("byodHistory", { user, kind, version, direction });
}

/** What has become of a user's deployment, the latest first. */
export const get = internalQuery({
  args: { user: v.id("users") },
  handler: async (ctx, { user }) => {
    const kept = await ctx.db
      .query("byodHistory")
      .withIndex("by_user", (q) => q.eq("user", user))
      .order("desc")
      .take(KEPT);
    return kept.map(({ _creationTime: at, kind, version, direction }) => ({
      at,
      kind,
      version,
      direction,
    }));
  },
});

const rollout = {
  run: v.string(),
  by: v.string(),
  version: v.number(),
  state: v.string(),
  wave: v.number(),
  waves: v.array(
    v.object({
      upTo: v.string(),
      users: v.number(),
      due: v.number(),
      allowed: v.number(),
      done: v.number(),
      failed: v.number(),
      left: v.number(),
    }),
  ),
};

/** Says how far a roll-out is. */
export const rolling = internalMutation({
  args: rollout,
  returns: v.null(),
  handler: async (ctx, given) => {
    const updated = Date.now();
    const present = await ctx.db
      .query("byodRollouts")
      .withIndex("by_run", (q) => q.eq("run", given.run))
      .unique();
    if (present !== null) {
      await ctx.db.patch(present._id, { ...given, updated });
      return null;
    }
    const kept = await ctx.db
      .query("byodRollouts")
      .withIndex("by_updated")
      .order("desc")
      .take(ROLLOUTS);
    if (kept.length === ROLLOUTS) {
      const oldest: Id<"byodRollouts"> = kept[ROLLOUTS - 1]._id;
      await ctx.db.delete(oldest);
    }
    await ctx.db.insert("byodRollouts", { ...given, begun: updated, updated });
    return null;
  },
});

/** How far roll-outs are, the latest first. */
export const rollouts = internalQuery({
  args: {},
  handler: async (ctx) => {
    const kept = await ctx.db
      .query("byodRollouts")
      .withIndex("by_updated")
      .order("desc")
      .take(ROLLOUTS);
    return kept.map(({ _id, _creationTime, ...rollout }) => rollout);
  },
});
