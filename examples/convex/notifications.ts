import { v } from "convex/values";
import { internalMutation } from "./_generated/server";
import { owned, pageSize } from "./lib/documents";
import { authedMutation, authedQuery } from "./lib/functions";

const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** The user's notifications, the newest first. */
export const list = authedQuery({
  args: { limit: v.optional(v.number()) },
  handler: async (ctx, { limit }) =>
    await ctx.db
      .query("notifications")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .order("desc")
      .take(pageSize(limit)),
});

/** How many notifications the user has not read. */
export const unread = authedQuery({
  args: {},
  returns: v.number(),
  handler: async (ctx) => {
    const unread = await ctx.db
      .query("notifications")
      .withIndex("by_user_and_read", (q) =>
        q.eq("userId", ctx.user._id).eq("readAt", undefined),
      )
      .collect();
    return unread.length;
  },
});

export const markRead = authedMutation({
  args: { id: v.id("notifications") },
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("notifications", id));
    const now = Date.now();
    await ctx.db.patch("notifications", id, { readAt: now, updatedAt: now });
  },
});

/** Deletes notifications after 30 days. */
export const removeOld = internalMutation({
  args: {},
  handler: async (ctx) => {
    const old = await ctx.db
      .query("notifications")
      .withIndex("by_creation_time", (q) =>
        q.lt("_creationTime", Date.now() - KEPT_MS),
      )
      .take(200);
    for (const notification of old)
      await ctx.db.delete("notifications", notification._id);
  },
});
