import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { internalMutation, mutation, query } from "./_generated/server";
import { getCurrentUser, requireUser } from "./lib/auth";

export const timeline = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    const user = await requireUser(ctx);
    return await ctx.db
      .query("activityEvents")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .paginate(paginationOpts);
  },
});

/** Events a day, for the calendar of dots. */
export const heatmap = query({
  args: { since: v.number() },
  handler: async (ctx, { since }) => {
    const user = await getCurrentUser(ctx);
    if (!user) return {};
    const days: Record<string, number> = {};
    const events = ctx.db
      .query("activityEvents")
      .withIndex("by_user", (q) =>
        q.eq("userId", user._id).gte("createdAt", since),
      );
    for await (const event of events) {
      const day = new Date(event.createdAt).toISOString().slice(0, 10);
      days[day] = (days[day] ?? 0) + 1;
    }
    return days;
  },
});

export const clear = mutation({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const events = await ctx.db
      .query("activityEvents")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .take(1000);
    for (const { _id } of events) await ctx.db.delete(_id);
    return events.length;
  },
});

export const removeOld = internalMutation({
  args: { days: v.number() },
  handler: async (ctx, { days }) => {
    const old = await ctx.db
      .query("activityEvents")
      .withIndex("by_creation_time", (q) =>
        q.lt("_creationTime", Date.now() - days * 24 * 60 * 60 * 1000),
      )
      .take(500);
    for (const { _id } of old) await ctx.db.delete(_id);
  },
});
