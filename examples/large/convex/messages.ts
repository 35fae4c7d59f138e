import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import {
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";
import { assertOwner, requireConversation, requireMessage } from "./lib/access";
import { getCurrentUser, requireUser } from "./lib/auth";
import { deleteMessage } from "./lib/cascade";

export const list = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const conversation = await ctx.db.get(args.conversationId);
    if (conversation?.userId !== user._id) return [];
    return await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", args.conversationId),
      )
      .collect();
  },
});

export const listPaginated = query({
  args: {
    conversationId: v.id("conversations"),
    paginationOpts: paginationOptsValidator,
  },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await requireConversation(ctx, user._id, args.conversationId);
    const page = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", args.conversationId),
      )
      .order("desc")
      .paginate(args.paginationOpts);
    return {
      ...page,
      page: page.page.map(({ embedding, ...message }) => message),
    };
  },
});

export const get = query({
  args: { messageId: v.id("messages") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    return await requireMessage(ctx, user._id, args.messageId);
  },
});

/** With everything that hangs from it. */
export const getDetails = query({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, messageId);
    const [attachments, toolCalls, sources] = await Promise.all([
      ctx.db
        .query("attachments")
        .withIndex("by_message", (q) => q.eq("messageId", messageId))
        .collect(),
      ctx.db
        .query("toolCalls")
        .withIndex("by_message", (q) => q.eq("messageId", messageId))
        .collect(),
      ctx.db
        .query("sources")
        .withIndex("by_message", (q) => q.eq("messageId", messageId))
        .collect(),
    ]);
    return { message, attachments, toolCalls, sources };
  },
});

export const edit = mutation({
  args: { messageId: v.id("messages"), content: v.string() },
  handler: async (ctx, { messageId, content }) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, messageId);
    await ctx.db.insert("messageVersions", {
      messageId,
      userId: user._id,
      content: message.content,
      model: message.model,
      createdAt: Date.now(),
    });
    await ctx.db.patch(messageId, { content, updatedAt: Date.now() });
  },
});

export const versions = query({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(messageId), user._id, "Message");
    return await ctx.db
      .query("messageVersions")
      .withIndex("by_message", (q) => q.eq("messageId", messageId))
      .order("desc")
      .collect();
  },
});

export const restoreVersion = mutation({
  args: { versionId: v.id("messageVersions") },
  handler: async (ctx, { versionId }) => {
    const user = await requireUser(ctx);
    const version = await ctx.db.get(versionId);
    assertOwner(version, user._id, "Version");
    await ctx.db.patch(version.messageId, {
      content: version.content,
      updatedAt: Date.now(),
    });
    await ctx.db.delete(versionId);
  },
});

export const rate = mutation({
  args: {
    messageId: v.id("messages"),
    rating: v.union(v.literal("up"), v.literal("down"), v.null()),
  },
  handler: async (ctx, { messageId, rating }) => {
    const user = await requireUser(ctx);
    await requireMessage(ctx, user._id, messageId);
    await ctx.db.patch(messageId, { rating: rating ?? undefined });
  },
});

export const remove = mutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, messageId);
    await deleteMessage(ctx, messageId);
    const conversation = await ctx.db.get(message.conversationId);
    if (conversation) {
      await ctx.db.patch(conversation._id, {
        messageCount: Math.max(0, conversation.messageCount - 1),
      });
    }
  },
});

export const byIds = internalQuery({
  args: { ids: v.array(v.id("messages")) },
  handler: async (ctx, { ids }) => {
    const found = await Promise.all(ids.map((id) => ctx.db.get(id)));
    return found.filter((message) => message !== null);
  },
});

/** Answers that nobody writes any more: the action died. */
export const failStuck = internalMutation({
  args: {},
  handler: async (ctx) => {
    const stuck = await ctx.db
      .query("messages")
      .withIndex("by_status", (q) =>
        q.eq("status", "generating").lt("updatedAt", Date.now() - 10 * 60_000),
      )
      .take(100);
    for (const message of stuck) {
      await ctx.db.patch(message._id, {
        status: "error",
        error: "The answer broke off",
        content: message.partialContent ?? message.content,
        partialContent: undefined,
      });
    }
  },
});
