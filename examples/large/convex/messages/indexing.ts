import { v } from "convex/values";
import { internalMutation } from "../_generated/server";

export const setEmbedding = internalMutation({
  args: { messageId: v.id("messages"), embedding: v.array(v.float64()) },
  handler: async (ctx, { messageId, embedding }) => {
    if (await ctx.db.get(messageId)) {
      await ctx.db.patch(messageId, { embedding });
    }
  },
});
