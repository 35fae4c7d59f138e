// Written by `byod export`.

import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { ownerAction, ownerMutation, ownerQuery } from "./byod/owner";
import { owned, ownedOrNull, pageSize } from "./lib/documents";
import { memoryKind, memorySource } from "./schema/knowledge";

/** What the assistant remembers of the user, the newest first. */
export const list = ownerQuery({
  args: { kind: v.optional(memoryKind), limit: v.optional(v.number()) },
  handler: async (ctx, { kind, limit }) => {
    const memories = ctx.db.query("memories");
    const mine =
      kind === undefined
        ? memories.withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
        : memories.withIndex("by_user_and_kind", (q) =>
            q.eq("userId", ctx.user._id).eq("kind", kind),
          );
    return await mine.order("desc").take(pageSize(limit));
  },
});

export const get = ownerQuery({
  args: { id: v.id("memories") },
  handler: async (ctx, { id }) =>
    ownedOrNull(ctx.user._id, await ctx.db.get("memories", id)),
});

export const search = ownerQuery({
  args: { query: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, { query, limit }) =>
    await ctx.db
      .query("memories")
      .withSearchIndex("search_content", (q) =>
        q.search("content", query).eq("userId", ctx.user._id),
      )
      .take(pageSize(limit)),
});

/** The memories that mean most nearly what the embedding stands for. */
export const recall = ownerAction({
  args: { embedding: v.array(v.float64()), limit: v.optional(v.number()) },
  handler: async (ctx, { embedding, limit }): Promise<Doc<"memories">[]> => {
    const user = await ctx.runQuery(internal.users.current);
    const hits = await ctx.vectorSearch("memories", "by_embedding", {
      vector: embedding,
      limit: Math.min(pageSize(limit), 256),
      filter: (q) => q.eq("userId", user._id),
    });
    return await ctx.runQuery(internal.memories.byIds, {
      ids: hits.map((hit) => hit._id),
    });
  },
});

export const byIds = ownerQuery({
  args: { ids: v.array(v.id("memories")) },
  handler: async (ctx, { ids }) => {
    const found = await Promise.all(
      ids.map((id) => ctx.db.get("memories", id)),
    );
    return found.filter((memory) => memory !== null);
  },
});

export const create = ownerMutation({
  args: {
    content: v.string(),
    kind: memoryKind,
    importance: v.optional(v.number()),
    source: v.optional(memorySource),
    embedding: v.optional(v.array(v.float64())),
  },
  handler: async (ctx, args) => {
    const now = ctx.time();
    return await ctx.db.insert("memories", {
      ...args,
      userId: ctx.user._id,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const update = ownerMutation({
  args: {
    id: v.id("memories"),
    content: v.optional(v.string()),
    kind: v.optional(memoryKind),
    importance: v.optional(v.number()),
    embedding: v.optional(v.array(v.float64())),
  },
  handler: async (ctx, { id, ...changes }) => {
    owned(ctx.user._id, await ctx.db.get("memories", id));
    await ctx.db.patch("memories", id, { ...changes, updatedAt: ctx.time() });
  },
});

export const remove = ownerMutation({
  args: { id: v.id("memories") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("memories", id));
    await ctx.db.delete("memories", id);
    return null;
  },
});
