import { entsTableFactory } from "convex-ents";
import { v } from "convex/values";
import { query } from "./_generated/server";

// By edges, which lead to other tables.
export const along = query({
  args: { id: v.id("settings") },
  handler: async (ctx: any, { id }) => await ctx.table("settings").getX(id).edge("notes"),
});
export const away = query({
  args: { id: v.id("settings") },
  handler: async (ctx: any, { id }) => await ctx.table("settings").getX(id).edge("author"),
});
export const tables = entsTableFactory;
