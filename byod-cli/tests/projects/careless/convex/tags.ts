import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const create = mutation({
  args: { name: v.string() },
  handler: async (ctx, args) => await ctx.db.insert("tags", args),
});
export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("tags").collect(),
});
export const rename = mutation({
  args: { id: v.id("tags"), name: v.string() },
  handler: async ({ db }, { id, name }) => {
    await db.patch(id, { name });
  },
});
