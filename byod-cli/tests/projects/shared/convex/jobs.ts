import { v } from "convex/values";
import { internalMutation, mutation, query } from "./_generated/server";
import { internal } from "./_generated/api";
import { getUser } from "./lib/auth";
export const later = mutation({
  args: { what: v.string(), extra: v.any() },
  handler: async (ctx, { what, extra }): Promise<any> => {
    const user = await getUser(ctx);
    const job = await ctx.scheduler.runAfter(60000, internal.jobs.run, {
      what,
      ...extra,
    });
    await ctx.db.insert("jobs", { userId: user._id, what, job });
    return job;
  },
});
export const run = internalMutation({
  args: { what: v.string(), userId: v.optional(v.string()) },
  handler: async (ctx, { what }): Promise<any> => {
    return (await ctx.db.query("docs").collect()).map((d) => d.title);
  },
});
export const look = query({
  args: { id: v.string() },
  handler: async (ctx, { id }): Promise<any> =>
    await ctx.db.system.get(id as any),
});
export const stop = mutation({
  args: { id: v.string() },
  handler: async (ctx, { id }): Promise<any> =>
    await ctx.scheduler.cancel(id as any),
});
