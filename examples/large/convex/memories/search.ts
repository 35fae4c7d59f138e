"use node";

import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import { action, internalAction } from "../byod/server";
import { embed } from "../lib/ai";
import { memoryCategory } from "../schema/knowledge";

export const similar = action({
  args: { text: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, { text, limit }): Promise<Doc<"memories">[]> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const hits = await ctx.vectorSearch("memories", "by_embedding", {
      vector: await embed(text),
      limit: limit ?? 10,
      filter: (q) => q.eq("userId", userId),
    });
    return await ctx.runQuery(internal.memories.internal.byIds, {
      ids: hits.map((hit) => hit._id),
    });
  },
});

/** Writes it unless there is one that says the same. */
export const embedAndInsert = internalAction({
  args: {
    userId: v.id("users"),
    content: v.string(),
    category: memoryCategory,
  },
  handler: async (ctx, { userId, content, category }) => {
    const embedding = await embed(content);
    const [nearest] = await ctx.vectorSearch("memories", "by_embedding", {
      vector: embedding,
      limit: 1,
      filter: (q) => q.eq("userId", userId),
    });
    const newer = await ctx.runMutation(internal.memories.internal.insert, {
      userId,
      content,
      category,
      importance: 5,
      embedding,
    });
    if (nearest && nearest._score > 0.95) {
      await ctx.runMutation(internal.memories.internal.supersede, {
        older: nearest._id,
        newer,
      });
    }
  },
});

export const reembed = internalAction({
  args: { id: v.id("memories") },
  handler: async (ctx, { id }) => {
    const [memory] = await ctx.runQuery(internal.memories.internal.byIds, {
      ids: [id],
    });
    if (!memory) return;
    await ctx.runMutation(internal.memories.internal.setEmbedding, {
      id,
      embedding: await embed(memory.content),
    });
  },
});
