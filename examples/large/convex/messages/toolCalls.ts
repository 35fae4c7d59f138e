import { v } from "convex/values";
import { internalMutation, query } from "../_generated/server";
import { getCurrentUser } from "../lib/auth";

export const listForMessage = query({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const calls = await ctx.db
      .query("toolCalls")
      .withIndex("by_message", (q) => q.eq("messageId", messageId))
      .collect();
    return calls.filter((call) => call.userId === user._id);
  },
});

/** Of a conversation, by the tool's name. */
export const summary = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    const user = await getCurrentUser(ctx);
    if (!user) return {};
    const counts: Record<string, number> = {};
    const calls = ctx.db
      .query("toolCalls")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      );
    for await (const call of calls) {
      if (call.userId !== user._id) continue;
      counts[call.name] = (counts[call.name] ?? 0) + 1;
    }
    return counts;
  },
});

export const begin = internalMutation({
  args: { messageId: v.id("messages"), name: v.string(), input: v.any() },
  handler: async (ctx, { messageId, name, input }) => {
    const message = await ctx.db.get(messageId);
    if (!message) throw new Error("Message not found");
    return await ctx.db.insert("toolCalls", {
      messageId,
      conversationId: message.conversationId,
      userId: message.userId,
      name,
      input,
      status: "running",
      startedAt: Date.now(),
    });
  },
});

export const end = internalMutation({
  args: { id: v.id("toolCalls"), output: v.any(), failed: v.boolean() },
  handler: async (ctx, { id, output, failed }) => {
    await ctx.db.patch(id, {
      output,
      status: failed ? "failed" : "done",
      finishedAt: Date.now(),
    });
  },
});
