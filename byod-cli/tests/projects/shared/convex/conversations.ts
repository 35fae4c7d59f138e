import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { getUser } from "./lib/auth";

export const create = mutation({
  args: { title: v.string() },
  handler: async (ctx, { title }) => {
    const user = await getUser(ctx);
    return await ctx.db.insert("conversations", { title, userId: user._id });
  },
});
export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await getUser(ctx);
    return await ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});

// The messages stay behind.
export const drop = mutation({
  args: { id: v.id("conversations") },
  handler: async (ctx, { id }) => await ctx.db.delete(id),
});
