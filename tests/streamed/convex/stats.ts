import { v } from "convex/values";
import { internalMutation } from "./_generated/server";
import { bumpStats } from "./lib/stats";

/** One more model was asked. */
export const ran = internalMutation({
  args: { userId: v.id("users"), model: v.string() },
  returns: v.null(),
  handler: async (ctx, run) => {
    await ctx.db.insert("runs", run);
    return null;
  },
});

export const answered = internalMutation({
  args: { userId: v.id("users"), words: v.number() },
  returns: v.null(),
  handler: async (ctx, { userId, words }) => {
    await bumpStats(ctx, userId, { answers: 1, words });
    return null;
  },
});
