import { internal } from "../_generated/api";
import { query } from "../_generated/server";

export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("notes").collect(),
});

export const other = query({
  args: {},
  handler: async (ctx): Promise<unknown> =>
    await ctx.runQuery(internal.functions.first, {}),
});
