import { v } from "convex/values";
import { internalMutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";
import { DAY_MS } from "@/lib/tokens";

const key = { userId: v.id("users"), textHash: v.string(), voice: v.string() };

export const find = internalMutation({
  args: key,
  handler: async (ctx, { userId, textHash, voice }) => {
    const entry = await ctx.db
      .query("ttsCache")
      .withIndex("by_hash", (q) =>
        q.eq("userId", userId).eq("textHash", textHash).eq("voice", voice),
      )
      .unique();
    if (!entry) return null;
    await ctx.db.patch(entry._id, { lastUsedAt: Date.now() });
    return entry.storageId;
  },
});

export const add = internalMutation({
  args: { ...key, storageId: v.id("_storage") },
  handler: async (ctx, args) => {
    await ctx.db.insert("ttsCache", { ...args, lastUsedAt: Date.now() });
  },
});

export const size = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const entries = await ctx.db
      .query("ttsCache")
      .withIndex("by_hash", (q) => q.eq("userId", user._id))
      .collect();
    return entries.length;
  },
});

export const removeOld = internalMutation({
  args: {},
  handler: async (ctx) => {
    const old = await ctx.db
      .query("ttsCache")
      .withIndex("by_last_used", (q) =>
        q.lt("lastUsedAt", Date.now() - 30 * DAY_MS),
      )
      .take(100);
    for (const entry of old) {
      await ctx.storage.delete(entry.storageId);
      await ctx.db.delete(entry._id);
    }
  },
});
