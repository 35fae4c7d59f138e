"use node";

import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc, Id, TableNames } from "../_generated/dataModel";
import { action } from "../byod/server";
import { embed } from "../lib/ai";

const K = 60;

/** Reciprocal rank fusion: what is high in one of the lists comes first. */
function fuse<T extends string>(...lists: T[][]): T[] {
  const scores = new Map<T, number>();
  for (const list of lists) {
    list.forEach((id, rank) => {
      scores.set(id, (scores.get(id) ?? 0) + 1 / (K + rank));
    });
  }
  return [...scores].sort((a, b) => b[1] - a[1]).map(([id]) => id);
}

/** By words and by meaning, over all of one's messages. */
export const messages = action({
  args: { text: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, { text, limit = 20 }): Promise<Doc<"messages">[]> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const byWords: Id<"messages">[] = await ctx.runQuery(
      internal.search.text.messageIds,
      { userId, text },
    );
    const byMeaning = await ctx.vectorSearch("messages", "by_embedding", {
      vector: await embed(text),
      limit: 50,
      filter: (q) => q.eq("userId", userId),
    });
    return await ctx.runQuery(internal.messages.byIds, {
      ids: fuse(
        byWords,
        byMeaning.map((hit) => hit._id),
      ).slice(0, limit),
    });
  },
});

export const conversations = action({
  args: { text: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, args): Promise<Doc<"conversations">[]> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const byTitle: Id<"conversations">[] = await ctx.runQuery(
      internal.search.text.conversationIds,
      { userId, text: args.text },
    );
    const byMeaning = await ctx.vectorSearch("conversations", "by_embedding", {
      vector: await embed(args.text),
      limit: 30,
      filter: (q) => q.eq("userId", userId),
    });
    const ids = fuse(
      byTitle,
      byMeaning.map((hit) => hit._id),
    );
    return await ctx.runQuery(internal.conversations.internal.byIds, {
      ids: ids.slice(0, args.limit ?? 10),
    });
  },
});

interface Hit<T extends TableNames> {
  _id: Id<T>;
  _score: number;
}

/** One box for notes, memories and files. */
export const knowledge = action({
  args: { text: v.string() },
  handler: async (
    ctx,
    { text },
  ): Promise<{
    notes: Hit<"notes">[];
    memories: Hit<"memories">[];
    chunks: Hit<"fileChunks">[];
  }> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const vector = await embed(text);
    const [notes, memories, chunks] = await Promise.all([
      ctx.vectorSearch("notes", "by_embedding", {
        vector,
        limit: 5,
        filter: (q) => q.eq("userId", userId),
      }),
      ctx.vectorSearch("memories", "by_embedding", {
        vector,
        limit: 5,
        filter: (q) => q.eq("userId", userId),
      }),
      ctx.vectorSearch("fileChunks", "by_embedding", {
        vector,
        limit: 5,
        filter: (q) => q.eq("userId", userId),
      }),
    ]);
    return { notes, memories, chunks };
  },
});
