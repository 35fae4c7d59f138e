import { v } from "convex/values";
import { internalMutation, mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";
import { jobKind } from "./schema/admin";

export const mine = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    return await ctx.db
      .query("jobs")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .take(20);
  },
});

export const get = query({
  args: { jobId: v.id("jobs") },
  handler: async (ctx, { jobId }) => {
    const user = await requireUser(ctx);
    const job = await ctx.db.get(jobId);
    return job?.userId === user._id ? job : null;
  },
});

export const cancel = mutation({
  args: { jobId: v.id("jobs") },
  handler: async (ctx, { jobId }) => {
    const user = await requireUser(ctx);
    const job = await ctx.db.get(jobId);
    if (job?.userId !== user._id) throw new Error("Job not found");
    await ctx.db.patch(jobId, { status: "canceled", updatedAt: Date.now() });
  },
});

export const start = internalMutation({
  args: { userId: v.id("users"), kind: jobKind },
  handler: async (ctx, { userId, kind }) => {
    const now = Date.now();
    return await ctx.db.insert("jobs", {
      userId,
      kind,
      status: "queued",
      progress: 0,
      input: null,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const removeOld = internalMutation({
  args: {},
  handler: async (ctx) => {
    const before = Date.now() - 14 * 24 * 60 * 60 * 1000;
    const old = await ctx.db
      .query("jobs")
      .withIndex("by_status", (q) =>
        q.eq("status", "done").lt("updatedAt", before),
      )
      .take(200);
    for (const job of old) await ctx.db.delete(job._id);
  },
});
