import { v } from "convex/values";
import { internalMutation, query } from "../_generated/server";
import { countMessagesSince } from "../lib/aggregates";
import { getCurrentUser, requireUser } from "../lib/auth";
import { bumpStats } from "../lib/stats";
import { DAY_MS } from "@/lib/tokens";

export const mine = query({
  args: {},
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    if (!user) return null;
    return await ctx.db
      .query("userStats")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .unique();
  },
});

/** The most active people, for the community's page. */
export const leaderboard = query({
  args: { limit: v.optional(v.number()) },
  handler: async (ctx, { limit = 10 }) => {
    await requireUser(ctx);
    const top = await ctx.db
      .query("userStats")
      .withIndex("by_messages")
      .order("desc")
      .take(Math.min(limit, 50));
    return await Promise.all(
      top.map(async (stats) => {
        const user = await ctx.db.get(stats.userId);
        return { name: user?.name ?? "Somebody", messages: stats.messages };
      }),
    );
  },
});

/** Messages of the last week, by the aggregate. */
export const messagesThisWeek = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    return await countMessagesSince(ctx, user._id, Date.now() - 7 * DAY_MS);
  },
});

export const increment = internalMutation({
  args: {
    userId: v.id("users"),
    conversations: v.optional(v.number()),
    messages: v.optional(v.number()),
    tokens: v.optional(v.number()),
    notes: v.optional(v.number()),
    tasksCompleted: v.optional(v.number()),
  },
  handler: async (ctx, { userId, ...changes }) => {
    await bumpStats(ctx, userId, changes);
  },
});
