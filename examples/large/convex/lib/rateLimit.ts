import { ConvexError } from "convex/values";
import type { MutationCtx } from "../_generated/server";

/** Counts one use of `key`; throws where a window has had too many. */
export async function rateLimit(
  ctx: MutationCtx,
  key: string,
  limit: number,
  windowMs: number,
) {
  const now = Date.now();
  const row = await ctx.db
    .query("rateLimits")
    .withIndex("by_key", (q) => q.eq("key", key))
    .unique();
  if (!row) {
    await ctx.db.insert("rateLimits", { key, windowStart: now, count: 1 });
    return;
  }
  if (row.windowStart + windowMs < now) {
    await ctx.db.patch(row._id, { windowStart: now, count: 1 });
    return;
  }
  if (row.count >= limit) {
    throw new ConvexError({
      code: "rate_limited",
      retryAt: row.windowStart + windowMs,
    });
  }
  await ctx.db.patch(row._id, { count: row.count + 1 });
}
