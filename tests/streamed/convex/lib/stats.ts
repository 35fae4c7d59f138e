import type { Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";

/** Adds to a user's counters, which begin with the first of it. */
export async function bumpStats(
  ctx: MutationCtx,
  userId: Id<"users">,
  changes: { messages?: number; answers?: number; words?: number },
) {
  const stats = await ctx.db
    .query("userStats")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .unique();
  const { messages = 0, answers = 0, words = 0 } = changes;
  if (!stats) {
    await ctx.db.insert("userStats", { userId, messages, answers, words });
    return;
  }
  await ctx.db.patch(stats._id, {
    messages: stats.messages + messages,
    answers: stats.answers + answers,
    words: stats.words + words,
  });
}
