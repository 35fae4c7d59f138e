"use node";

import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import { action, internalAction, type ActionCtx } from "../byod/server";
import { complete, embed } from "../lib/ai";
import { DEFAULT_MODEL } from "@/lib/models";

async function writeTitle(
  ctx: ActionCtx,
  conversationId: Id<"conversations">,
  userId: Id<"users">,
): Promise<string> {
  const transcript = await ctx.runQuery(
    internal.conversations.internal.transcript,
    { conversationId, limit: 4 },
  );
  const { text, ...tokens } = await complete(
    DEFAULT_MODEL,
    "Title this conversation in at most six words, without quotes.",
    transcript,
  );
  await ctx.runMutation(internal.conversations.internal.setTitle, {
    conversationId,
    title: text,
  });
  await ctx.runMutation(internal.usage.mutations.record, {
    userId,
    conversationId,
    model: DEFAULT_MODEL,
    feature: "title",
    ...tokens,
  });
  return text;
}

/** After the first answer. */
export const generateTitle = internalAction({
  args: { conversationId: v.id("conversations"), userId: v.id("users") },
  handler: async (ctx, { conversationId, userId }) => {
    await writeTitle(ctx, conversationId, userId);
  },
});

/** "Another title", by hand. */
export const regenerateTitle = action({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }): Promise<string> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const conversation = await ctx.runQuery(
      internal.conversations.internal.get,
      { conversationId },
    );
    if (conversation?.userId !== userId) throw new Error("Not found");
    return await writeTitle(ctx, conversationId, userId);
  },
});

export const summarize = action({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }): Promise<string> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const conversation = await ctx.runQuery(
      internal.conversations.internal.get,
      { conversationId },
    );
    if (conversation?.userId !== userId) throw new Error("Not found");
    const transcript = await ctx.runQuery(
      internal.conversations.internal.transcript,
      { conversationId, limit: 200 },
    );
    const { text, ...tokens } = await complete(
      conversation.model,
      "Summarize this conversation in one paragraph.",
      transcript,
    );
    await ctx.runMutation(internal.conversations.internal.setSummary, {
      conversationId,
      summary: text,
      embedding: await embed(text),
    });
    await ctx.runMutation(internal.usage.mutations.record, {
      userId,
      conversationId,
      model: conversation.model,
      feature: "chat",
      ...tokens,
    });
    return text;
  },
});
