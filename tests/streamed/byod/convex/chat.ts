// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "./byod/owner";
import { requireUser } from "./lib/auth";
import { preferencesOf } from "./lib/preferences";
import { bumpStats } from "./lib/stats";

/** Writes the message and an empty answer, and has that written. */
export const send = ownerMutation({
  args: { text: v.string() },
  returns: v.id("messages"),
  handler: async (ctx, { text }) => {
    const user = await requireUser(ctx);
    const { model } = await preferencesOf(ctx, user._id);
    await ctx.db.insert("messages", {
      userId: user._id,
      role: "user",
      text,
      status: "complete",
    });
    const answerId = await ctx.db.insert("messages", {
      userId: user._id,
      role: "model",
      text: "",
      status: "pending",
      model,
    });
    const jobId = await ctx.onMain.runAfter(0, "generation:run", {
      answerId,
      userId: user._id,
      model,
      prompt: text,
    });
    await ctx.db.patch(answerId, { jobId });
    await bumpStats(ctx, user._id, { messages: 1 });
    return answerId;
  },
});

export const stop = ownerMutation({
  args: { answerId: v.id("messages") },
  returns: v.null(),
  handler: async (ctx, { answerId }) => {
    const user = await requireUser(ctx);
    const answer = await ctx.db.get(answerId);
    if (answer?.userId !== user._id) throw new Error("Not found");
    if (answer.jobId) await ctx.scheduler.cancel(answer.jobId);
    await ctx.db.patch(answerId, { status: "stopped" });
    return null;
  },
});

export const list = ownerQuery({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    return await ctx.db
      .query("messages")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
