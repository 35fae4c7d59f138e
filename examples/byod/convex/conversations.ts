// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "./byod/owner";
import { deleteConversation } from "./lib/conversations";
import { owned, ownedOrNull, pageSize } from "./lib/documents";

/** The user's conversations, the last changed first. */
export const list = ownerQuery({
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

export const get = ownerQuery({
  args: { id: v.id("conversations") },
  handler: async (ctx, { id }) =>
    ownedOrNull(ctx.user._id, await ctx.db.get("conversations", id)),
});

export const search = ownerQuery({
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
export const count = ownerQuery({
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

export const create = ownerMutation({
  args: {
    title: v.string(),
    model: v.string(),
    systemPrompt: v.optional(v.string()),
  },
  handler: async (ctx, args) => {
    const now = ctx.time();
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

export const update = ownerMutation({
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
      updatedAt: ctx.time(),
    });
  },
});

export const archive = ownerMutation({
  args: { id: v.id("conversations"), archived: v.boolean() },
  handler: async (ctx, { id, archived }) => {
    owned(ctx.user._id, await ctx.db.get("conversations", id));
    await ctx.db.patch("conversations", id, {
      archived,
      updatedAt: ctx.time(),
    });
  },
});

export const pin = ownerMutation({
  args: { id: v.id("conversations"), pinned: v.boolean() },
  handler: async (ctx, { id, pinned }) => {
    owned(ctx.user._id, await ctx.db.get("conversations", id));
    await ctx.db.patch("conversations", id, { pinned, updatedAt: ctx.time() });
  },
});

export const remove = ownerMutation({
  args: { id: v.id("conversations") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("conversations", id));
    await deleteConversation(ctx, id);
    return null;
  },
});
