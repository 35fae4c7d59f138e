import { ConvexError } from "convex/values";
import type { Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";

/** Adds to the counters of a user's profile, which begin with the first of it. */
export async function bumpStats(
  ctx: MutationCtx,
  userId: Id<"users">,
  changes: { notes?: number; words?: number },
) {
  const stats = await ctx.db
    .query("userStats")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .unique();
  if (!stats) {
    await ctx.db.insert("userStats", { userId, notes: 0, words: 0, ...changes });
    return;
  }
  await ctx.db.patch(stats._id, {
    notes: stats.notes + (changes.notes ?? 0),
    words: stats.words + (changes.words ?? 0),
  });
}

/** Fails, where somebody does too much: main must say so at once. */
export async function rateLimit(ctx: MutationCtx, key: string) {
  const row = await ctx.db
    .query("rateLimits")
    .withIndex("by_key", (q) => q.eq("key", key))
    .unique();
  if (!row) {
    await ctx.db.insert("rateLimits", { key, count: 1 });
    return;
  }
  if (row.count >= 5) throw new ConvexError("Too much");
  await ctx.db.patch(row._id, { count: row.count + 1 });
}
