"use node";

import type OpenAI from "openai";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { action, internalAction, type ActionCtx } from "./byod/server";
import { complete, embed, gateway } from "./lib/ai";
import { costOf } from "@/lib/models";
import { estimateTokens } from "@/lib/tokens";

/** How often what has come is written, in milliseconds. */
const FLUSH_MS = 200;

async function recall(
  ctx: ActionCtx,
  userId: Id<"users">,
  text: string,
): Promise<string[]> {
  const found = await ctx.vectorSearch("memories", "by_embedding", {
    vector: await embed(text),
    limit: 8,
    filter: (q) => q.eq("userId", userId),
  });
  const memories = await ctx.runQuery(internal.memories.internal.byIds, {
    ids: found.filter((hit) => hit._score > 0.3).map((hit) => hit._id),
  });
  return memories.map((memory) => memory.content);
}

const TOOLS: OpenAI.ChatCompletionTool[] = [
  {
    type: "function",
    function: {
      name: "save_memory",
      description: "Remember a fact about the user",
      parameters: {
        type: "object",
        properties: { content: { type: "string" } },
        required: ["content"],
      },
    },
  },
];

export const generateResponse = internalAction({
  args: {
    conversationId: v.id("conversations"),
    messageId: v.id("messages"),
    userId: v.id("users"),
    model: v.string(),
  },
  handler: async (ctx, args) => {
    const { conversationId, messageId, userId, model } = args;
    const started = await ctx.runMutation(internal.messages.streaming.start, {
      messageId,
    });
    if (!started) return;
    try {
      const context = await ctx.runQuery(internal.generationContext.load, {
        conversationId,
        messageId,
      });
      const last = context.messages.at(-1)?.content ?? "";
      const memories = context.memoryEnabled
        ? await recall(ctx, userId, last)
        : [];
      const system = [context.system, ...memories].filter(Boolean).join("\n");
      const stream = await gateway().chat.completions.create({
        model,
        stream: true,
        tools: TOOLS,
        messages: [{ role: "system", content: system }, ...context.messages],
      });

      let content = "";
      let flushed = Date.now();
      const calls: { name: string; input: string }[] = [];
      for await (const chunk of stream) {
        const delta = chunk.choices[0]?.delta;
        content += delta?.content ?? "";
        for (const call of delta?.tool_calls ?? []) {
          const known = (calls[call.index] ??= { name: "", input: "" });
          known.name += call.function?.name ?? "";
          known.input += call.function?.arguments ?? "";
        }
        if (Date.now() - flushed < FLUSH_MS) continue;
        flushed = Date.now();
        const goesOn = await ctx.runMutation(
          internal.messages.streaming.append,
          { messageId, partialContent: content },
        );
        if (!goesOn) return;
      }

      for (const call of calls.filter((call) => call?.name)) {
        await runTool(ctx, messageId, call.name, call.input);
      }
      const inputTokens = estimateTokens(
        system + context.messages.map((message) => message.content).join(""),
      );
      const outputTokens = estimateTokens(content);
      await ctx.runMutation(internal.messages.streaming.finish, {
        messageId,
        content,
        inputTokens,
        outputTokens,
        cost: costOf(model, inputTokens, outputTokens),
        sources: linksIn(content),
      });
      await ctx.runMutation(internal.usage.mutations.record, {
        userId,
        conversationId,
        model,
        feature: "chat",
        inputTokens,
        outputTokens,
      });
      if (context.memoryEnabled) {
        await ctx.scheduler.runAfter(5_000, internal.memories.extract.run, {
          conversationId,
          userId,
        });
      }
    } catch (error) {
      await ctx.runMutation(internal.messages.streaming.fail, {
        messageId,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  },
});

async function runTool(
  ctx: ActionCtx,
  messageId: Id<"messages">,
  name: string,
  input: string,
) {
  const id = await ctx.runMutation(internal.messages.toolCalls.begin, {
    messageId,
    name,
    input,
  });
  try {
    if (name !== "save_memory") throw new Error(`No tool ${name}`);
    const { content } = JSON.parse(input) as { content: string };
    await ctx.runMutation(internal.memories.internal.insertForMessage, {
      messageId,
      content,
      category: "fact",
      importance: 5,
      embedding: await embed(content),
    });
    await ctx.runMutation(internal.messages.toolCalls.end, {
      id,
      output: "saved",
      failed: false,
    });
  } catch (error) {
    await ctx.runMutation(internal.messages.toolCalls.end, {
      id,
      output: String(error),
      failed: true,
    });
  }
}

function linksIn(markdown: string) {
  const links = markdown.matchAll(/\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g);
  return [...links].map(([, title, url]) => ({ title: title!, url: url! }));
}

/** "Improve my prompt" in the composer: keeps nothing. */
export const improvePrompt = action({
  args: { prompt: v.string(), model: v.string() },
  returns: v.string(),
  handler: async (ctx, { prompt, model }): Promise<string> => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const { text } = await complete(
      model,
      "Rewrite this prompt so that a model answers it better.",
      prompt,
    );
    return text;
  },
});
