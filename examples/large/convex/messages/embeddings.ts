"use node";

import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalAction } from "../byod/server";
import { embed } from "../lib/ai";

export const embedMessage = internalAction({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const [message] = await ctx.runQuery(internal.messages.byIds, {
      ids: [messageId],
    });
    if (!message || message.content.length < 20) return;
    await ctx.runMutation(internal.messages.indexing.setEmbedding, {
      messageId,
      embedding: await embed(message.content),
    });
  },
});
