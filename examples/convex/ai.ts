"use node";

import { v } from "convex/values";
import OpenAI from "openai";
import { internal } from "./_generated/api";
import { action } from "./_generated/server";
import { EMBEDDING_DIMENSIONS } from "./schema/shared";

/** The gateway speaks OpenAI's protocol for every provider's models. */
function gateway(): OpenAI {
  return new OpenAI({
    baseURL: process.env.AI_GATEWAY_URL,
    apiKey: process.env.AI_GATEWAY_KEY,
  });
}

/**
 * The assistant's next message. It gets the conversation from the caller and
 * stores nothing of it: the conversation may be on the user's own deployment.
 */
export const reply = action({
  args: {
    model: v.string(),
    systemPrompt: v.optional(v.string()),
    messages: v.array(
      v.object({
        role: v.union(v.literal("user"), v.literal("assistant")),
        content: v.string(),
      }),
    ),
  },
  returns: v.string(),
  handler: async (ctx, { model, systemPrompt, messages }): Promise<string> => {
    const user = await ctx.runQuery(internal.users.current);
    const completion = await gateway().chat.completions.create({
      model,
      messages: systemPrompt
        ? [{ role: "system", content: systemPrompt }, ...messages]
        : messages,
    });
    await ctx.runMutation(internal.userStats.addReply, {
      userId: user._id,
      model,
      inputTokens: completion.usage?.prompt_tokens ?? 0,
      outputTokens: completion.usage?.completion_tokens ?? 0,
    });
    return completion.choices[0]?.message.content ?? "";
  },
});

/** What a text means, for `memories:recall`. */
export const embed = action({
  args: { text: v.string() },
  returns: v.array(v.float64()),
  handler: async (ctx, { text }): Promise<number[]> => {
    await ctx.runQuery(internal.users.current);
    const { data } = await gateway().embeddings.create({
      model: "openai/text-embedding-3-small",
      input: text,
      dimensions: EMBEDDING_DIMENSIONS,
    });
    return data[0]?.embedding ?? [];
  },
});
