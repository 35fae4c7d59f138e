import { v } from "convex/values";
import { internalMutation } from "./_generated/server";

export const register = internalMutation({
  args: { subject: v.string() },
  returns: v.id("users"),
  handler: async (ctx, { subject }) =>
    await ctx.db.insert("users", { subject, plan: "free" }),
});

/** The counters, where there is something to count. */
export const reset = internalMutation({
  args: { userId: v.id("users"), words: v.number() },
  returns: v.null(),
  handler: async (ctx, { userId, words }) => {
    const stats = await ctx.db
      .query("userStats")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .unique();
    if (stats) await ctx.db.patch(stats._id, { words });
    return null;
  },
});
