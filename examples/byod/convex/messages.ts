// Written by `byod export`.

import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "./byod/owner";
import { owned, ownedOrNull } from "./lib/documents";
import { messageRole } from "./schema/chat";

/** All messages of a conversation, the oldest first. */
export const list = ownerQuery({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    owned(ctx.user._id, await ctx.db.get("conversations", conversationId));
    return await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .collect();
  },
});

/** The messages of a long conversation page by page, the newest first. */
export const page = ownerQuery({
  args: {
    conversationId: v.id("conversations"),
    paginationOpts: paginationOptsValidator,
  },
  handler: async (ctx, { conversationId, paginationOpts }) => {
    owned(ctx.user._id, await ctx.db.get("conversations", conversationId));
    return await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .order("desc")
      .paginate(paginationOpts);
  },
});

export const get = ownerQuery({
  args: { id: v.id("messages") },
  handler: async (ctx, { id }) =>
    ownedOrNull(ctx.user._id, await ctx.db.get("messages", id)),
});

export const create = ownerMutation({
  args: {
    conversationId: v.id("conversations"),
    role: messageRole,
    content: v.string(),
    model: v.optional(v.string()),
    metadata: v.optional(v.record(v.string(), v.any())),
  },
  handler: async (ctx, args) => {
    owned(ctx.user._id, await ctx.db.get("conversations", args.conversationId));
    const now = ctx.time();
    await ctx.db.patch("conversations", args.conversationId, {
      lastMessageAt: now,
      updatedAt: now,
    });
    return await ctx.db.insert("messages", {
      ...args,
      userId: ctx.user._id,
      status: "complete",
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const update = ownerMutation({
  args: {
    id: v.id("messages"),
    content: v.optional(v.string()),
    metadata: v.optional(v.record(v.string(), v.any())),
  },
  handler: async (ctx, { id, ...changes }) => {
    owned(ctx.user._id, await ctx.db.get("messages", id));
    await ctx.db.patch("messages", id, { ...changes, updatedAt: ctx.time() });
  },
});

export const remove = ownerMutation({
  args: { id: v.id("messages") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("messages", id));
    await ctx.db.delete("messages", id);
    return null;
  },
});
