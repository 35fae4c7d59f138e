import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { deleteConversation } from "./lib/conversations";
import { owned, ownedOrNull, pageSize } from "./lib/documents";
import { owner, timestamps } from "./schema/shared";

const { updatedAt } = timestamps;

/** The user's conversations, the last changed first. */
export const list = internalQuery({
  args: {
    ...owner,
    archived: v.optional(v.boolean()),
    limit: v.optional(v.number()),
  },
  handler: async (ctx, { userId, archived, limit }) => {
    const mine = ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", userId))
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

export const get = internalQuery({
  args: { ...owner, id: v.id("conversations") },
  handler: async (ctx, { userId, id }) =>
    ownedOrNull(userId, await ctx.db.get("conversations", id)),
});

export const search = internalQuery({
  args: { ...owner, query: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, { userId, query, limit }) =>
    await ctx.db
      .query("conversations")
      .withSearchIndex("search_title", (q) =>
        q.search("title", query).eq("userId", userId),
      )
      .take(pageSize(limit)),
});

/** How many conversations the user has. */
export const count = internalQuery({
  args: owner,
  returns: v.number(),
  handler: async (ctx, { userId }) => {
    const mine = await ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .collect();
    return mine.length;
  },
});

export const create = internalMutation({
  args: {
    ...owner,
    ...timestamps,
    title: v.string(),
    model: v.string(),
    systemPrompt: v.optional(v.string()),
  },
  handler: async (ctx, args) =>
    await ctx.db.insert("conversations", {
      ...args,
      archived: false,
      pinned: false,
    }),
});

export const update = internalMutation({
  args: {
    ...owner,
    updatedAt,
    id: v.id("conversations"),
    title: v.optional(v.string()),
    model: v.optional(v.string()),
    systemPrompt: v.optional(v.string()),
  },
  handler: async (ctx, { userId, id, ...changes }) => {
    owned(userId, await ctx.db.get("conversations", id));
    await ctx.db.patch("conversations", id, changes);
  },
});

export const archive = internalMutation({
  args: {
    ...owner,
    updatedAt,
    id: v.id("conversations"),
    archived: v.boolean(),
  },
  handler: async (ctx, { userId, id, ...changes }) => {
    owned(userId, await ctx.db.get("conversations", id));
    await ctx.db.patch("conversations", id, changes);
  },
});

export const pin = internalMutation({
  args: { ...owner, updatedAt, id: v.id("conversations"), pinned: v.boolean() },
  handler: async (ctx, { userId, id, ...changes }) => {
    owned(userId, await ctx.db.get("conversations", id));
    await ctx.db.patch("conversations", id, changes);
  },
});

export const remove = internalMutation({
  args: { ...owner, id: v.id("conversations") },
  returns: v.null(),
  handler: async (ctx, { userId, id }) => {
    owned(userId, await ctx.db.get("conversations", id));
    await deleteConversation(ctx, id);
    return null;
  },
});
