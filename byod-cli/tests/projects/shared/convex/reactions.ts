import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

// Main trusts its callers here.
export const add = mutation({
  args: { messageId: v.union(v.id("messages"), v.null()), kind: v.string() },
  handler: async (ctx, args) => await ctx.db.insert("reactions", args),
});
export const all = query({
  args: {},
  handler: async (ctx) =>
    (await ctx.db.query("reactions").collect()).map((one) => one.kind),
});
export const get = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => await ctx.db.get(id as any),
});
export const move = mutation({
  args: {
    id: v.id("reactions"),
    messageId: v.union(v.id("messages"), v.null()),
  },
  handler: async (ctx, { id, messageId }) =>
    await ctx.db.patch(id, { messageId }),
});
export const put = mutation({
  args: {
    id: v.id("reactions"),
    messageId: v.union(v.id("messages"), v.null()),
    kind: v.string(),
  },
  handler: async (ctx, { id, ...value }) => await ctx.db.replace(id, value),
});
