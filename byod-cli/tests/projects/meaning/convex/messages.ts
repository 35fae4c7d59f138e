import { v } from "convex/values";
import { query } from "./_generated/server";
import { me } from "./user";
// Reads main's `users` by id.
export const listWithUsers = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    await me(ctx);
    const messages = await ctx.db.query("messages").withIndex("by_conversation", (q) => q.eq("conversationId", args.conversationId)).collect();
    return await Promise.all(messages.map(async (m) => ({ ...m, sender: (await ctx.db.get(m.userId))?.name })));
  },
});
