import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { assertOwner, requireMessage } from "./lib/access";
import { requireUser } from "./lib/auth";
import { deleteBookmark } from "./lib/cascade";
import { readers } from "./lib/crud";

export const { get, recent } = readers("bookmarks");

/** With the messages that they mark. */
export const list = query({
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const bookmarks = await ctx.db
      .query("bookmarks")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .collect();
    return await Promise.all(
      bookmarks.map(async (bookmark) => ({
        ...bookmark,
        message: await ctx.db.get(bookmark.messageId),
        conversation: await ctx.db.get(bookmark.conversationId),
      })),
    );
  },
});

export const isBookmarked = query({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const user = await requireUser(ctx);
    const bookmark = await ctx.db
      .query("bookmarks")
      .withIndex("by_message", (q) => q.eq("messageId", messageId))
      .first();
    return bookmark?.userId === user._id;
  },
});

export const toggle = mutation({
  args: { messageId: v.id("messages"), comment: v.optional(v.string()) },
  handler: async (ctx, { messageId, comment }) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, messageId);
    const existing = await ctx.db
      .query("bookmarks")
      .withIndex("by_message", (q) => q.eq("messageId", messageId))
      .first();
    if (existing) {
      await deleteBookmark(ctx, existing._id);
      return null;
    }
    return await ctx.db.insert("bookmarks", {
      userId: user._id,
      conversationId: message.conversationId,
      messageId,
      comment,
      createdAt: Date.now(),
    });
  },
});

export const setComment = mutation({
  args: { id: v.id("bookmarks"), comment: v.string() },
  handler: async (ctx, { id, comment }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(id), user._id, "Bookmark");
    await ctx.db.patch(id, { comment: comment.trim() || undefined });
  },
});

export const remove = mutation({
  args: { id: v.id("bookmarks") },
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(id), user._id, "Bookmark");
    await deleteBookmark(ctx, id);
  },
});
