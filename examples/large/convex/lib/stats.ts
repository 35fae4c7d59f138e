import type { Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";

export type Counter =
  "conversations" | "messages" | "tokens" | "notes" | "tasksCompleted";

/** Adds to the counters of a user's profile. */
export async function bumpStats(
  ctx: MutationCtx,
  userId: Id<"users">,
  changes: Partial<Record<Counter, number>>,
) {
  const stats = await ctx.db
    .query("userStats")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .unique();
  if (!stats) {
    await ctx.db.insert("userStats", {
      userId,
      conversations: 0,
      messages: 0,
      tokens: 0,
      notes: 0,
      tasksCompleted: 0,
      ...changes,
      lastActiveAt: Date.now(),
    });
    return;
  }
  const next: Partial<Record<Counter, number>> = {};
  for (const key of Object.keys(changes) as Counter[]) {
    next[key] = Math.max(0, stats[key] + (changes[key] ?? 0));
  }
  await ctx.db.patch(stats._id, { ...next, lastActiveAt: Date.now() });
}
