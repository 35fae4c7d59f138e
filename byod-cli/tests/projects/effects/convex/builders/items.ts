import { queryGeneric } from "convex/server";

const q = queryGeneric;

export const all = q({
  args: {},
  handler: async (ctx) => await ctx.db.query("items").collect(),
});
