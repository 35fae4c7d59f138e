import { v } from "convex/values";
import { internalMutation } from "./_generated/server";
import { authedQuery } from "./lib/functions";

/** What the user has used so far, or null before the first reply. */
export const mine = authedQuery({
  args: {},
  handler: async (ctx) =>
    await ctx.db
      .query("userStats")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .unique(),
});

/** Adds one reply of a model. */
export const addReply = internalMutation({
  args: {
    userId: v.id("users"),
    model: v.string(),
    inputTokens: v.number(),
    outputTokens: v.number(),
  },
  handler: async (ctx, { userId, model, inputTokens, outputTokens }) => {
    const now = Date.now();
    const stats = await ctx.db
      .query("userStats")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .unique();
    const before = stats?.byModel[model] ?? { replies: 0, tokens: 0 };
    const after = {
      replies: (stats?.replies ?? 0) + 1,
      inputTokens: (stats?.inputTokens ?? 0) + inputTokens,
      outputTokens: (stats?.outputTokens ?? 0) + outputTokens,
      byModel: {
        ...stats?.byModel,
        [model]: {
          replies: before.replies + 1,
          tokens: before.tokens + inputTokens + outputTokens,
        },
      },
      lastActiveAt: now,
      updatedAt: now,
    };
    if (stats === null)
      await ctx.db.insert("userStats", { userId, ...after, createdAt: now });
    else await ctx.db.patch("userStats", stats._id, after);
  },
});
