import { v } from "convex/values";
import { adminQuery } from "../lib/functions";

export const byAction = adminQuery({
  args: { action: v.string() },
  handler: async (ctx, { action }) =>
    await ctx.db
      .query("auditLogs")
      .withIndex("by_action", (q) => q.eq("action", action))
      .order("desc")
      .take(100),
});

export const byActor = adminQuery({
  args: { actorId: v.id("users") },
  handler: async (ctx, { actorId }) =>
    await ctx.db
      .query("auditLogs")
      .withIndex("by_actor", (q) => q.eq("actorId", actorId))
      .order("desc")
      .take(100),
});
