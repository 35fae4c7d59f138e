// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation } from "./byod/owner";
import { preferencesOf } from "./lib/preferences";

/** In which tone; null where there is nothing to be answered, or somebody does already. */
export const start = ownerMutation({
  args: { answerId: v.id("messages") },
  returns: v.union(v.null(), v.string()),
  handler: async (ctx, { answerId }) => {
    const answer = await ctx.db.get(answerId);
    if (answer?.status !== "pending") return null;
    await ctx.db.patch(answerId, { status: "streaming" });
    const { tone } = await preferencesOf(ctx, answer.userId);
    return tone;
  },
});

/** The next word; false where no more is wanted. */
export const append = ownerMutation({
  args: { answerId: v.id("messages"), word: v.string() },
  returns: v.boolean(),
  handler: async (ctx, { answerId, word }) => {
    const answer = await ctx.db.get(answerId);
    if (answer?.status !== "streaming") return false;
    const text = answer.text === "" ? word : `${answer.text} ${word}`;
    await ctx.db.patch(answerId, { text });
    return true;
  },
});

/** All is there; main counts it. */
export const finish = ownerMutation({
  args: { answerId: v.id("messages") },
  returns: v.null(),
  handler: async (ctx, { answerId }) => {
    const answer = await ctx.db.get(answerId);
    if (answer?.status !== "streaming") return null;
    await ctx.db.patch(answerId, { status: "complete" });
    await ctx.onMain.runAfter(0, "stats:answered", {
      userId: answer.userId,
      words: answer.text.split(" ").length,
    });
    return null;
  },
});
