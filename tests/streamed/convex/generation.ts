"use node";

import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction } from "./byod/server";
import { answer } from "./lib/model";

/** Asks the model, and writes what comes of it, word by word. */
export const run = internalAction({
  args: {
    answerId: v.id("messages"),
    userId: v.id("users"),
    model: v.string(),
    prompt: v.string(),
  },
  returns: v.null(),
  handler: async (
    ctx,
    { answerId, userId, model, prompt },
  ): Promise<null> => {
    await ctx.runMutation(internal.stats.ran, { userId, model });
    const tone = await ctx.runMutation(internal.streaming.start, { answerId });
    if (tone === null) return null;
    for await (const word of answer(model, tone, prompt)) {
      const goesOn = await ctx.runMutation(internal.streaming.append, {
        answerId,
        word,
      });
      if (!goesOn) return null;
    }
    await ctx.runMutation(internal.streaming.finish, { answerId });
    return null;
  },
});
