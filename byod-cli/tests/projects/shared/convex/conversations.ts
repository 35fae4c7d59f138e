import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { getUser } from "./lib/auth";

export const create = mutation({
  args: { title: v.string() },
  handler: async (ctx, { title }) => {
    const user = await getUser(ctx);
    return await ctx.db.insert("conversations", { title, userId: user._id });
  },
});
export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await getUser(ctx);
    return await ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});

// The messages would stay behind.
export const drop = mutation({
  args: { id: v.id("conversations") },
  handler: async (ctx, { id }) => await ctx.db.delete(id),
});
// What is in it goes first, or at the same time.
export const dropAll = mutation({
  args: { id: v.id("conversations"), atOnce: v.boolean() },
  handler: async (ctx, { id, atOnce }) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) => q.eq("conversationId", id))
      .collect();
    if (atOnce) await ctx.db.delete(id);
    for (const message of messages) {
      for (const reaction of await ctx.db.query("reactions").collect()) {
        if (reaction.messageId === message._id) {
          await ctx.db.delete(reaction._id);
        }
      }
      await ctx.db.delete(message._id);
    }
    if (!atOnce) await ctx.db.delete(id);
  },
});
