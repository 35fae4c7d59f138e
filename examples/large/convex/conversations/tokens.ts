import { v } from "convex/values";
import { internalMutation, query } from "../_generated/server";
import { requireConversation } from "../lib/access";
import { getCurrentUser, requireUser } from "../lib/auth";
import { MODELS, isModel } from "@/lib/models";
import { estimateTokens } from "@/lib/tokens";

/** What a conversation has cost so far, by model. */
export const getUsage = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const conversation = await ctx.db.get(args.conversationId);
    if (conversation?.userId !== user._id) return [];
    return await ctx.db
      .query("conversationTokenUsage")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", args.conversationId),
      )
      .collect();
  },
});

/** How full the model's window is. */
export const contextWindow = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const { model } = await requireConversation(
      ctx,
      user._id,
      args.conversationId,
    );
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", args.conversationId),
      )
      .collect();
    const used = messages.reduce(
      (sum, message) => sum + estimateTokens(message.content),
      0,
    );
    return { used, limit: isModel(model) ? MODELS[model].context : 0 };
  },
});

export const add = internalMutation({
  args: {
    conversationId: v.id("conversations"),
    model: v.string(),
    inputTokens: v.number(),
    outputTokens: v.number(),
  },
  handler: async (ctx, args) => {
    const row = await ctx.db
      .query("conversationTokenUsage")
      .withIndex("by_conversation_model", (q) =>
        q.eq("conversationId", args.conversationId).eq("model", args.model),
      )
      .unique();
    const updatedAt = Date.now();
    if (!row) {
      await ctx.db.insert("conversationTokenUsage", { ...args, updatedAt });
      return;
    }
    await ctx.db.patch(row._id, {
      inputTokens: row.inputTokens + args.inputTokens,
      outputTokens: row.outputTokens + args.outputTokens,
      updatedAt,
    });
  },
});
