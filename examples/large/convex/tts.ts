"use node";

import { createHash } from "node:crypto";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { action } from "./byod/server";
import { gateway } from "./lib/ai";

/** An answer, read aloud; from the cache where it was before. */
export const speak = action({
  args: { text: v.string(), voice: v.string() },
  handler: async (ctx, { text, voice }): Promise<string | null> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const textHash = createHash("sha256").update(text).digest("hex");
    const cached: Id<"_storage"> | null = await ctx.runMutation(
      internal.ttsCache.find,
      { userId, textHash, voice },
    );
    if (cached) return await ctx.storage.getUrl(cached);
    const response = await gateway().audio.speech.create({
      model: "openai/gpt-4o-mini-tts",
      voice,
      input: text,
    });
    const storageId = await ctx.storage.store(await response.blob());
    await ctx.runMutation(internal.ttsCache.add, {
      userId,
      textHash,
      voice,
      storageId,
    });
    return await ctx.storage.getUrl(storageId);
  },
});
