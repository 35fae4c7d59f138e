import { v } from "convex/values";
import { query } from "./_generated/server";
export const recent = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("notes").take(3),
});
