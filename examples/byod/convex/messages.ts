import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { owned, ownedOrNull } from "./lib/documents";
import { messageRole } from "./schema/chat";
import { owner, timestamps } from "./schema/shared";

const { updatedAt } = timestamps;

/** All messages of a conversation, the oldest first. */
export const list = internalQuery({
  args: { ...owner, conversationId: v.id("conversations") },
  handler: async (ctx, { userId, conversationId }) => {
    owned(userId, await ctx.db.get("conversations", conversationId));
    return await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .collect();
  },
});

/** The messages of a long conversation page by page, the newest first. */
export const page = internalQuery({
  args: {
    ...owner,
    conversationId: v.id("conversations"),
    paginationOpts: paginationOptsValidator,
  },
  handler: async (ctx, { userId, conversationId, paginationOpts }) => {
    owned(userId, await ctx.db.get("conversations", conversationId));
    return await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .order("desc")
      .paginate(paginationOpts);
  },
});

export const get = internalQuery({
  args: { ...owner, id: v.id("messages") },
  handler: async (ctx, { userId, id }) =>
    ownedOrNull(userId, await ctx.db.get("messages", id)),
});

export const create = internalMutation({
  args: {
    ...owner,
    ...timestamps,
    conversationId: v.id("conversations"),
    role: messageRole,
    content: v.string(),
    model: v.optional(v.string()),
    metadata: v.optional(v.record(v.string(), v.any())),
  },
  handler: async (ctx, args) => {
    owned(args.userId, await ctx.db.get("conversations", args.conversationId));
    await ctx.db.patch("conversations", args.conversationId, {
      lastMessageAt: args.createdAt,
      updatedAt: args.updatedAt,
    });
    return await ctx.db.insert("messages", { ...args, status: "complete" });
  },
});

export const update = internalMutation({
  args: {
    ...owner,
    updatedAt,
    id: v.id("messages"),
    content: v.optional(v.string()),
    metadata: v.optional(v.record(v.string(), v.any())),
  },
  handler: async (ctx, { userId, id, ...changes }) => {
    owned(userId, await ctx.db.get("messages", id));
    await ctx.db.patch("messages", id, changes);
  },
});

export const remove = internalMutation({
  args: { ...owner, id: v.id("messages") },
  returns: v.null(),
  handler: async (ctx, { userId, id }) => {
    owned(userId, await ctx.db.get("messages", id));
    await ctx.db.delete("messages", id);
    return null;
  },
});
