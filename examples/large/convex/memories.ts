import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, mutation, query } from "./byod/server";
import { assertOwner } from "./lib/access";
import { getCurrentUser, requireUser } from "./lib/auth";
import { memoryCategory } from "./schema/knowledge";

export const list = query({
  args: { category: v.optional(memoryCategory) },
  handler: async (ctx, { category }) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const mine = category
      ? ctx.db
          .query("memories")
          .withIndex("by_user_category", (q) =>
            q.eq("userId", user._id).eq("category", category),
          )
      : ctx.db
          .query("memories")
          .withIndex("by_user", (q) => q.eq("userId", user._id));
    const memories = await mine.collect();
    return memories.map(({ embedding, ...memory }) => memory);
  },
});

export const get = query({
  args: { id: v.id("memories") },
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const memory = await ctx.db.get(id);
    assertOwner(memory, user._id, "Memory");
    return memory;
  },
});

export const stats = query({
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const counts = { identity: 0, preference: 0, project: 0, fact: 0 };
    const memories = ctx.db
      .query("memories")
      .withIndex("by_user", (q) => q.eq("userId", user._id));
    for await (const { category } of memories) counts[category] += 1;
    return counts;
  },
});

export const update = mutation({
  args: {
    id: v.id("memories"),
    content: v.optional(v.string()),
    category: v.optional(memoryCategory),
    importance: v.optional(v.number()),
    expiresAt: v.optional(v.number()),
  },
  handler: async (ctx, { id, ...changes }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(id), user._id, "Memory");
    await ctx.db.patch(id, { ...changes, updatedAt: Date.now() });
    if (changes.content !== undefined) {
      await ctx.scheduler.runAfter(0, internal.memories.search.reembed, { id });
    }
  },
});

export const remove = mutation({
  args: { id: v.id("memories") },
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(id), user._id, "Memory");
    await ctx.db.delete(id);
  },
});

export const removeMany = mutation({
  args: { ids: v.array(v.id("memories")) },
  handler: async (ctx, { ids }) => {
    const user = await requireUser(ctx);
    let removed = 0;
    for (const id of ids) {
      const memory = await ctx.db.get(id);
      if (memory?.userId !== user._id) continue;
      await ctx.db.delete(id);
      removed += 1;
    }
    return removed;
  },
});

export const removeAll = mutation({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const memories = await ctx.db
      .query("memories")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    await Promise.all(memories.map(({ _id }) => ctx.db.delete(_id)));
  },
});

/** "Remember this": embeds, then writes. */
export const add = action({
  args: { content: v.string(), category: memoryCategory },
  handler: async (ctx, args): Promise<void> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    await ctx.runAction(internal.memories.search.embedAndInsert, {
      userId,
      ...args,
    });
  },
});
