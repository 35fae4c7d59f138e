import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("delete").collect(),
});

// Not declared under its name, which is a reserved word.
const del = mutation({
  args: { id: v.id("delete") },
  handler: async (ctx, { id }) => {
    await ctx.db.delete(id);
  },
});
export { del as delete };

export const clear = mutation({
  args: { id: v.id("delete") },
  handler: async (ctx, { id }) => {
    await ctx.db.query("users").first();
    await ctx.db.delete(id);
  },
});
