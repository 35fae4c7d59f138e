import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation, internalQuery } from "../_generated/server";
import { deleteConversation } from "../lib/cascade";
import { MAX_TITLE } from "../lib/constants";

export const get = internalQuery({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => await ctx.db.get(args.conversationId),
});

export const transcript = internalQuery({
  args: {
    conversationId: v.id("conversations"),
    limit: v.optional(v.number()),
  },
  handler: async (ctx, args) => {
    const newest = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", args.conversationId),
      )
      .order("desc")
      .take(args.limit ?? 20);
    return newest
      .reverse()
      .map((message) => `${message.role}: ${message.content}`)
      .join("\n\n");
  },
});

export const setTitle = internalMutation({
  args: { conversationId: v.id("conversations"), title: v.string() },
  handler: async (ctx, { conversationId, title }) => {
    if (!(await ctx.db.get(conversationId))) return;
    await ctx.db.patch(conversationId, { title: title.slice(0, MAX_TITLE) });
  },
});

export const setSummary = internalMutation({
  args: {
    conversationId: v.id("conversations"),
    summary: v.string(),
    embedding: v.optional(v.array(v.float64())),
  },
  handler: async (ctx, { conversationId, ...changes }) => {
    if (!(await ctx.db.get(conversationId))) return;
    await ctx.db.patch(conversationId, changes);
  },
});

/** By ids from a vector search, in its order. */
export const byIds = internalQuery({
  args: { ids: v.array(v.id("conversations")) },
  handler: async (ctx, { ids }) => {
    const found = await Promise.all(ids.map((id) => ctx.db.get(id)));
    return found.filter((conversation) => conversation !== null);
  },
});

/** Deletes what was archived a year ago, a few at a time. */
export const removeForgotten = internalMutation({
  args: {},
  handler: async (ctx) => {
    const before = Date.now() - 365 * 24 * 60 * 60 * 1000;
    const batch = await ctx.db
      .query("conversations")
      .filter((q) =>
        q.and(
          q.eq(q.field("archived"), true),
          q.lt(q.field("updatedAt"), before),
        ),
      )
      .take(20);
    for (const conversation of batch) {
      await deleteConversation(ctx, conversation._id);
    }
    if (batch.length === 20) {
      await ctx.scheduler.runAfter(
        0,
        internal.conversations.internal.removeForgotten,
        {},
      );
    }
  },
});
