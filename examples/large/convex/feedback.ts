import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { audit, notify } from "./lib/activity";
import { requireUser } from "./lib/auth";
import { adminMutation } from "./lib/functions";
import { rateLimit } from "./lib/rateLimit";
import { feedbackStatus } from "./schema/community";

export const board = query({
  args: { status: feedbackStatus },
  handler: async (ctx, { status }) => {
    const entries = await ctx.db
      .query("feedback")
      .withIndex("by_status", (q) => q.eq("status", status))
      .order("desc")
      .take(100);
    return entries
      .filter((entry) => entry.kind === "idea")
      .sort((a, b) => b.votes - a.votes);
  },
});

export const mine = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    return await ctx.db
      .query("feedback")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});

export const submit = mutation({
  args: {
    kind: v.union(v.literal("bug"), v.literal("idea"), v.literal("praise")),
    message: v.string(),
  },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await rateLimit(ctx, `feedback:${user._id}`, 10, 24 * 60 * 60 * 1000);
    return await ctx.db.insert("feedback", {
      ...args,
      userId: user._id,
      status: "new",
      votes: 0,
      createdAt: Date.now(),
    });
  },
});

export const vote = mutation({
  args: { feedbackId: v.id("feedback") },
  handler: async (ctx, { feedbackId }) => {
    const user = await requireUser(ctx);
    const entry = await ctx.db.get(feedbackId);
    if (!entry) throw new Error("Not found");
    const existing = await ctx.db
      .query("feedbackVotes")
      .withIndex("by_user_feedback", (q) =>
        q.eq("userId", user._id).eq("feedbackId", feedbackId),
      )
      .unique();
    if (existing) {
      await ctx.db.delete(existing._id);
      await ctx.db.patch(feedbackId, { votes: entry.votes - 1 });
    } else {
      await ctx.db.insert("feedbackVotes", { userId: user._id, feedbackId });
      await ctx.db.patch(feedbackId, { votes: entry.votes + 1 });
    }
  },
});

export const answer = adminMutation({
  args: {
    feedbackId: v.id("feedback"),
    status: feedbackStatus,
    reply: v.optional(v.string()),
  },
  handler: async (ctx, { feedbackId, status, reply }) => {
    const entry = await ctx.db.get(feedbackId);
    if (!entry) throw new Error("Not found");
    await ctx.db.patch(feedbackId, { status, reply });
    await audit(ctx, ctx.admin._id, "feedback.answer", feedbackId);
    await notify(ctx, entry.userId, {
      kind: "system",
      title: "Your feedback was answered",
      body: reply,
    });
  },
});
