import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import { deleteConversation } from "./lib/conversations";
import { owned, ownedOrNull, pageSize } from "./lib/documents";
import { authedMutation, authedQuery } from "./lib/functions";

/** The user's conversations, the last changed first. */
export const list = authedQuery({
  args: { archived: v.optional(v.boolean()), limit: v.optional(v.number()) },
  handler: async (ctx, { archived, limit }) => {
    const mine = ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .order("desc");
    if (archived === undefined) return await mine.take(pageSize(limit));
    return await mine
      .filter((q) => {
        const isArchived = q.eq(q.field("archived"), true);
        return archived ? isArchived : q.not(isArchived);
      })
      .take(pageSize(limit));
  },
});

export const get = authedQuery({
  args: { id: v.id("conversations") },
  handler: async (ctx, { id }) =>
    ownedOrNull(ctx.user._id, await ctx.db.get("conversations", id)),
});

export const search = authedQuery({
  args: { query: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, { query, limit }) =>
    await ctx.db
      .query("conversations")
      .withSearchIndex("search_title", (q) =>
        q.search("title", query).eq("userId", ctx.user._id),
      )
      .take(pageSize(limit)),
});

/** How many conversations the user has. */
export const count = authedQuery({
  args: {},
  returns: v.number(),
  handler: async (ctx) => {
    const mine = await ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .collect();
    return mine.length;
  },
});

export const create = authedMutation({
  args: {
    title: v.string(),
    model: v.string(),
    systemPrompt: v.optional(v.string()),
  },
  handler: async (ctx, args) => {
    const now = Date.now();
    return await ctx.db.insert("conversations", {
      ...args,
      userId: ctx.user._id,
      archived: false,
      pinned: false,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const update = authedMutation({
  args: {
    id: v.id("conversations"),
    title: v.optional(v.string()),
    model: v.optional(v.string()),
    systemPrompt: v.optional(v.string()),
  },
  handler: async (ctx, { id, ...changes }) => {
    owned(ctx.user._id, await ctx.db.get("conversations", id));
    await ctx.db.patch("conversations", id, {
      ...changes,
      updatedAt: Date.now(),
    });
  },
});

export const archive = authedMutation({
  args: { id: v.id("conversations"), archived: v.boolean() },
  handler: async (ctx, { id, archived }) => {
    owned(ctx.user._id, await ctx.db.get("conversations", id));
    await ctx.db.patch("conversations", id, {
      archived,
      updatedAt: Date.now(),
    });
  },
});

export const pin = authedMutation({
  args: { id: v.id("conversations"), pinned: v.boolean() },
  handler: async (ctx, { id, pinned }) => {
    owned(ctx.user._id, await ctx.db.get("conversations", id));
    await ctx.db.patch("conversations", id, { pinned, updatedAt: Date.now() });
  },
});

export const remove = authedMutation({
  args: { id: v.id("conversations") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("conversations", id));
    await deleteConversation(ctx, id);
    return null;
  },
});

/** Deletes the conversations of a user whose account is gone, a few at a time. */
export const purge = internalMutation({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const batch = await ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .take(10);
    for (const conversation of batch) {
      await deleteConversation(ctx, conversation._id);
    }
    if (batch.length > 0) {
      await ctx.scheduler.runAfter(0, internal.conversations.purge, { userId });
    }
  },
});
