import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation } from "../_generated/server";
import { addMessageToCount } from "../lib/aggregates";

export const start = internalMutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const message = await ctx.db.get(messageId);
    if (!message || message.status !== "pending") return false;
    await ctx.db.patch(messageId, {
      status: "generating",
      partialContent: "",
      updatedAt: Date.now(),
    });
    return true;
  },
});

/** What has come so far. False once the user has stopped it. */
export const append = internalMutation({
  args: { messageId: v.id("messages"), partialContent: v.string() },
  handler: async (ctx, { messageId, partialContent }) => {
    const message = await ctx.db.get(messageId);
    if (!message || message.status !== "generating") return false;
    await ctx.db.patch(messageId, { partialContent, updatedAt: Date.now() });
    return true;
  },
});

export const finish = internalMutation({
  args: {
    messageId: v.id("messages"),
    content: v.string(),
    inputTokens: v.number(),
    outputTokens: v.number(),
    cost: v.number(),
    sources: v.array(v.object({ url: v.string(), title: v.string() })),
  },
  handler: async (ctx, { messageId, sources, ...result }) => {
    const message = await ctx.db.get(messageId);
    if (!message) return;
    await ctx.db.patch(messageId, {
      ...result,
      partialContent: undefined,
      status: "complete",
      jobId: undefined,
      updatedAt: Date.now(),
    });
    for (const [position, source] of sources.entries()) {
      await ctx.db.insert("sources", {
        ...source,
        position,
        messageId,
        conversationId: message.conversationId,
        userId: message.userId,
      });
    }
    await addMessageToCount(ctx, message);
    const conversation = await ctx.db.get(message.conversationId);
    if (conversation && conversation.messageCount <= 2) {
      await ctx.scheduler.runAfter(
        0,
        internal.conversations.actions.generateTitle,
        { conversationId: conversation._id, userId: message.userId },
      );
    }
    await ctx.scheduler.runAfter(0, internal.messages.embeddings.embedMessage, {
      messageId,
    });
  },
});

export const fail = internalMutation({
  args: { messageId: v.id("messages"), error: v.string() },
  handler: async (ctx, { messageId, error }) => {
    const message = await ctx.db.get(messageId);
    if (!message) return;
    await ctx.db.patch(messageId, {
      status: "error",
      error,
      content: message.partialContent ?? "",
      partialContent: undefined,
      updatedAt: Date.now(),
    });
  },
});
