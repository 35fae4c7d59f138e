import { v } from "convex/values";
import { internalMutation, internalQuery } from "../_generated/server";
import { getPreference } from "../lib/preferences";
import { memoryCategory } from "../schema/knowledge";

const memory = {
  content: v.string(),
  category: memoryCategory,
  importance: v.number(),
  embedding: v.array(v.float64()),
};

export const byIds = internalQuery({
  args: { ids: v.array(v.id("memories")) },
  handler: async (ctx, { ids }) => {
    const found = await Promise.all(ids.map((id) => ctx.db.get(id)));
    return found.filter((memory) => memory !== null);
  },
});

export const insert = internalMutation({
  args: {
    userId: v.id("users"),
    conversationId: v.optional(v.id("conversations")),
    ...memory,
  },
  handler: async (ctx, args) => {
    const now = Date.now();
    return await ctx.db.insert("memories", {
      ...args,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const insertForMessage = internalMutation({
  args: { messageId: v.id("messages"), ...memory },
  handler: async (ctx, { messageId, ...fields }) => {
    const message = await ctx.db.get(messageId);
    if (!message) return null;
    const now = Date.now();
    return await ctx.db.insert("memories", {
      ...fields,
      userId: message.userId,
      conversationId: message.conversationId,
      sourceMessageId: messageId,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const setEmbedding = internalMutation({
  args: { id: v.id("memories"), embedding: v.array(v.float64()) },
  handler: async (ctx, { id, embedding }) => {
    await ctx.db.patch(id, { embedding });
  },
});

/** One memory says the same as a newer one. */
export const supersede = internalMutation({
  args: { older: v.id("memories"), newer: v.id("memories") },
  handler: async (ctx, { older, newer }) => {
    await ctx.db.patch(older, { supersededBy: newer, updatedAt: Date.now() });
  },
});

export const isEnabled = internalQuery({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) =>
    await getPreference(ctx, userId, "memoryEnabled"),
});

export const removeExpired = internalMutation({
  args: {},
  handler: async (ctx) => {
    const expired = await ctx.db
      .query("memories")
      .withIndex("by_expiry", (q) =>
        q.gt("expiresAt", 0).lt("expiresAt", Date.now()),
      )
      .take(200);
    for (const memory of expired) await ctx.db.delete(memory._id);
  },
});
