// Written by `byod export --main`.

import { makeFunctionReference } from "convex/server";
import { ConvexError, v } from "convex/values";
import type { Id } from "../_generated/dataModel";
import {
  internalAction,
  internalQuery,
  type QueryCtx,
} from "../_generated/server";
import { CALLER } from "./caller";
import { OnDeployment, Route } from "./routed";
import { ON_USERS } from "./routes";
import type { UserRecord } from "./sealed";

/** The user's id of who calls, or null where nobody is signed in. */
async function callerId(ctx: QueryCtx): Promise<Id<"users"> | null> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) return null;
  const user = await ctx.db
    .query("users")
    .withIndex("by_subject", (q) => q.eq("subject", identity.subject))
    .unique();
  return user?._id ?? null;
}

const RECORD = makeFunctionReference<"query">(
  "byod/credentials:getConfigInternal",
);

/** Of the user who is named, or who calls; null where nobody is. */
export const record = internalQuery({
  args: { user: v.optional(v.string()) },
  handler: async (ctx, { user }): Promise<UserRecord | null> => {
    const identity =
      user === undefined ? await ctx.auth.getUserIdentity() : null;
    const userId = user ?? (await callerId(ctx));
    if (userId === null) return null;
    const record = await ctx.runQuery(RECORD as any, { userId });
    const subject = identity?.subject ?? "";
    return { user: userId, subject, record };
  },
});

/** Makes a call on a user's deployment that was scheduled on main. */
export const scheduled = internalAction({
  args: {
    [CALLER]: v.string(),
    path: v.string(),
    args: v.any(),
    once: v.string(),
    attempt: v.optional(v.number()),
  },
  handler: async (ctx, given): Promise<null> => {
    const { path, args, once, attempt = 1 } = given;
    const route = new Route(ctx, given[CALLER]);
    const takes = ON_USERS[path];
    try {
      const on = await route.of(path, takes?.kind !== "query");
      if (takes === undefined || !(on instanceof OnDeployment))
        throw new Error(`\`${path}\` runs on main`);
      await on.run(takes.kind, args, once);
    } catch (error) {
      const code = error instanceof ConvexError ? error.data?.code : undefined;
      const gives = Object.values(takes?.give ?? {});
      const isOnce = gives.includes("idempotency-key");
      // What is refused while the user's data moves has not run.
      const mayRepeat =
        code === "byod_moving" || (code === "byod_unreachable" && isOnce);
      if (!mayRepeat || attempt >= ATTEMPTS) throw error;
      const pause = 10_000 * 4 ** (attempt - 1);
      const again = makeFunctionReference<"action">("byod/routing:scheduled");
      const next = { ...given, attempt: attempt + 1 };
      await ctx.scheduler.runAfter(pause, again as any, next);
    }
    return null;
  },
});

/** How often it is tried while nothing is written, or what runs once can't be reached. */
const ATTEMPTS = 6;
