import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const put = mutation({
  args: { value: v.any() },
  handler: async (ctx, { value }) => await ctx.db.insert("kinds", value),
});
export const change = mutation({
  args: { id: v.id("kinds"), value: v.any() },
  handler: async (ctx, { id, value }) => await ctx.db.patch("kinds", id, value),
});
export const count = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("kinds").collect()).length,
});
