import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const put = mutation({
  args: { value: v.any() },
  handler: async (ctx, { value }) => await ctx.db.insert("deep", value),
});
export const change = mutation({
  args: { id: v.id("deep"), value: v.any() },
  handler: async (ctx, { id, value }) => await ctx.db.patch("deep", id, value),
});
export const count = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("deep").collect()).length,
});
