"use node";

import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import { action, internalAction, type ActionCtx } from "../byod/server";
import { complete, embed } from "../lib/ai";
import { DEFAULT_MODEL } from "@/lib/models";

async function extractFrom(
  ctx: ActionCtx,
  conversationId: Id<"conversations">,
  userId: Id<"users">,
): Promise<number> {
  const transcript = await ctx.runQuery(
    internal.conversations.internal.transcript,
    { conversationId, limit: 12 },
  );
  const { text, ...tokens } = await complete(
    DEFAULT_MODEL,
    "List lasting facts about the user, one a line. Nothing else.",
    transcript,
  );
  await ctx.runMutation(internal.usage.mutations.record, {
    userId,
    conversationId,
    model: DEFAULT_MODEL,
    feature: "memory",
    ...tokens,
  });
  const facts = text.split("\n").map((line) => line.trim());
  const kept = facts.filter((fact) => fact.length > 8).slice(0, 5);
  for (const content of kept) {
    await ctx.runMutation(internal.memories.internal.insert, {
      userId,
      conversationId,
      content,
      category: "fact",
      importance: 3,
      embedding: await embed(content),
    });
  }
  return kept.length;
}

export const run = internalAction({
  args: { conversationId: v.id("conversations"), userId: v.id("users") },
  handler: async (ctx, { conversationId, userId }) => {
    const enabled = await ctx.runQuery(internal.memories.internal.isEnabled, {
      userId,
    });
    if (enabled) await extractFrom(ctx, conversationId, userId);
  },
});

/** "What do you learn from this chat?" */
export const extractNow = action({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }): Promise<number> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const conversation = await ctx.runQuery(
      internal.conversations.internal.get,
      { conversationId },
    );
    if (conversation?.userId !== userId) throw new Error("Not found");
    return await extractFrom(ctx, conversationId, userId);
  },
});
