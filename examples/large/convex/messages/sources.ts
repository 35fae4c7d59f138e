import { v } from "convex/values";
import { query } from "../_generated/server";
import { assertOwner } from "../lib/access";
import { requireUser } from "../lib/auth";

export const listForMessage = query({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(messageId), user._id, "Message");
    return await ctx.db
      .query("sources")
      .withIndex("by_message", (q) => q.eq("messageId", messageId))
      .collect();
  },
});

/** Every site that the answers of a conversation name, once. */
export const sites = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    const user = await requireUser(ctx);
    const sources = await ctx.db
      .query("sources")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .collect();
    const mine = sources.filter((source) => source.userId === user._id);
    return [...new Set(mine.map((source) => new URL(source.url).host))];
  },
});
