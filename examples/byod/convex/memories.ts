import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import {
  internalAction,
  internalMutation,
  internalQuery,
} from "./_generated/server";
import { owned, ownedOrNull, pageSize } from "./lib/documents";
import { memoryKind, memorySource } from "./schema/knowledge";
import { owner, timestamps } from "./schema/shared";

const { updatedAt } = timestamps;

/** What the assistant remembers of the user, the newest first. */
export const list = internalQuery({
  args: {
    ...owner,
    kind: v.optional(memoryKind),
    limit: v.optional(v.number()),
  },
  handler: async (ctx, { userId, kind, limit }) => {
    const memories = ctx.db.query("memories");
    const mine =
      kind === undefined
        ? memories.withIndex("by_user", (q) => q.eq("userId", userId))
        : memories.withIndex("by_user_and_kind", (q) =>
            q.eq("userId", userId).eq("kind", kind),
          );
    return await mine.order("desc").take(pageSize(limit));
  },
});

export const get = internalQuery({
  args: { ...owner, id: v.id("memories") },
  handler: async (ctx, { userId, id }) =>
    ownedOrNull(userId, await ctx.db.get("memories", id)),
});

export const search = internalQuery({
  args: { ...owner, query: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, { userId, query, limit }) =>
    await ctx.db
      .query("memories")
      .withSearchIndex("search_content", (q) =>
        q.search("content", query).eq("userId", userId),
      )
      .take(pageSize(limit)),
});

/** The memories that mean most nearly what the embedding stands for. */
export const recall = internalAction({
  args: {
    ...owner,
    embedding: v.array(v.float64()),
    limit: v.optional(v.number()),
  },
  handler: async (
    ctx,
    { userId, embedding, limit },
  ): Promise<Doc<"memories">[]> => {
    const hits = await ctx.vectorSearch("memories", "by_embedding", {
      vector: embedding,
      limit: Math.min(pageSize(limit), 256),
      filter: (q) => q.eq("userId", userId),
    });
    return await ctx.runQuery(internal.memories.byIds, {
      ids: hits.map((hit) => hit._id),
    });
  },
});

export const byIds = internalQuery({
  args: { ids: v.array(v.id("memories")) },
  handler: async (ctx, { ids }) => {
    const found = await Promise.all(
      ids.map((id) => ctx.db.get("memories", id)),
    );
    return found.filter((memory) => memory !== null);
  },
});

export const create = internalMutation({
  args: {
    ...owner,
    ...timestamps,
    content: v.string(),
    kind: memoryKind,
    importance: v.optional(v.number()),
    source: v.optional(memorySource),
    embedding: v.optional(v.array(v.float64())),
  },
  handler: async (ctx, args) => await ctx.db.insert("memories", args),
});

export const update = internalMutation({
  args: {
    ...owner,
    updatedAt,
    id: v.id("memories"),
    content: v.optional(v.string()),
    kind: v.optional(memoryKind),
    importance: v.optional(v.number()),
    embedding: v.optional(v.array(v.float64())),
  },
  handler: async (ctx, { userId, id, ...changes }) => {
    owned(userId, await ctx.db.get("memories", id));
    await ctx.db.patch("memories", id, changes);
  },
});

export const remove = internalMutation({
  args: { ...owner, id: v.id("memories") },
  returns: v.null(),
  handler: async (ctx, { userId, id }) => {
    owned(userId, await ctx.db.get("memories", id));
    await ctx.db.delete("memories", id);
    return null;
  },
});
