"use node";

import { v } from "convex/values";
import { internal } from "../_generated/api";
import { action } from "../byod/server";
import { embed } from "../lib/ai";

export const passages = action({
  args: { text: v.string() },
  handler: async (
    ctx,
    { text },
  ): Promise<{ content: string; file: string }[]> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const hits = await ctx.vectorSearch("fileChunks", "by_embedding", {
      vector: await embed(text),
      limit: 12,
      filter: (q) => q.eq("userId", userId),
    });
    return await ctx.runQuery(internal.files.chunksByIds, {
      ids: hits.map((hit) => hit._id),
    });
  },
});
