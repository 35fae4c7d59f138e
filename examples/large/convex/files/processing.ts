"use node";

import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalAction } from "../byod/server";
import { embed } from "../lib/ai";

const CHUNK = 1_500;

/** Reads a file, cuts it up and embeds every part. */
export const run = internalAction({
  args: { fileId: v.id("files") },
  handler: async (ctx, { fileId }) => {
    const file = await ctx.runQuery(internal.files.byId, { fileId });
    if (!file) return;
    await ctx.runMutation(internal.files.setStatus, {
      fileId,
      status: "processing",
    });
    try {
      const blob = await ctx.storage.get(file.storageId);
      if (!blob) throw new Error("The file isn't there");
      const text = await blob.text();
      for (let position = 0; position * CHUNK < text.length; position++) {
        const content = text.slice(position * CHUNK, (position + 1) * CHUNK);
        await ctx.runMutation(internal.files.addChunk, {
          fileId,
          position,
          content,
          embedding: await embed(content),
        });
      }
      await ctx.runMutation(internal.files.setStatus, {
        fileId,
        status: "ready",
      });
    } catch (error) {
      await ctx.runMutation(internal.files.setStatus, {
        fileId,
        status: "failed",
        error: String(error),
      });
    }
  },
});
