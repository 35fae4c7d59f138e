import { internalQuery, query } from "./_generated/server";

export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("functions").collect(),
});

export const first = internalQuery({
  args: {},
  handler: async (ctx) => await ctx.db.query("functions").first(),
});
