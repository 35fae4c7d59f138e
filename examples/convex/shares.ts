import { v } from "convex/values";
import { internalMutation, query } from "./_generated/server";
import { owned } from "./lib/documents";
import { authedMutation, authedQuery } from "./lib/functions";

/** The user's shared conversations. */
export const list = authedQuery({
  args: {},
  handler: async (ctx) =>
    await ctx.db
      .query("shares")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .collect(),
});

/** What a link shows, to anybody who has it. */
export const open = query({
  args: { token: v.string() },
  returns: v.union(
    v.object({
      title: v.string(),
      messages: v.array(v.object({ role: v.string(), content: v.string() })),
    }),
    v.null(),
  ),
  handler: async (ctx, { token }) => {
    const share = await ctx.db
      .query("shares")
      .withIndex("by_token", (q) => q.eq("token", token))
      .unique();
    if (share === null || (share.expiresAt ?? Infinity) < Date.now())
      return null;
    return { title: share.title, messages: share.messages };
  },
});

/** Shares a copy of a conversation. */
export const create = authedMutation({
  args: {
    conversationId: v.string(),
    title: v.string(),
    messages: v.array(v.object({ role: v.string(), content: v.string() })),
    expiresAt: v.optional(v.number()),
  },
  handler: async (ctx, args) => {
    const now = Date.now();
    return await ctx.db.insert("shares", {
      ...args,
      userId: ctx.user._id,
      token: crypto.randomUUID(),
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const remove = authedMutation({
  args: { id: v.id("shares") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("shares", id));
    await ctx.db.delete("shares", id);
    return null;
  },
});

/** Deletes the shares whose time is over. */
export const removeExpired = internalMutation({
  args: {},
  handler: async (ctx) => {
    const expired = await ctx.db
      .query("shares")
      .withIndex("by_expiry", (q) =>
        q.gt("expiresAt", 0).lt("expiresAt", Date.now()),
      )
      .take(200);
    for (const share of expired) await ctx.db.delete("shares", share._id);
  },
});
