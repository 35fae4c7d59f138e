import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const put = mutation({
  args: { what: v.any() },
  handler: async (ctx, { what }) => await ctx.db.insert("anything", { what }),
});
export const all = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("anything").collect(),
});
