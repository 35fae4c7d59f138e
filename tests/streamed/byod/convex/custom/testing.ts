import { v } from "convex/values";
import { internalQuery } from "../_generated/server";

/** All that a table holds. */
export const peek = internalQuery({
  args: { table: v.string() },
  handler: async (ctx, { table }) =>
    await ctx.db.query(table as "messages").collect(),
});
