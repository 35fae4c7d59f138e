import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const create = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) =>
    await ctx.db.insert("cards", { text, userId: null }),
});
export const list = query({
  args: {},
  handler: async (ctx) =>
    await ctx.db
      .query("cards")
      .filter((q) => q.eq(q.field("userId"), null))
      .collect(),
});
export const all = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("cards").collect(),
});
