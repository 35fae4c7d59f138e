import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const circle = mutation({
  args: {},
  handler: async (ctx) =>
    await ctx.db.insert("shapes", { kind: "circle" } as any),
});
export const square = mutation({
  args: {},
  handler: async (ctx) =>
    await ctx.db.insert("shapes", { kind: "square", side: 2 }),
});
export const all = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("shapes").collect(),
});
