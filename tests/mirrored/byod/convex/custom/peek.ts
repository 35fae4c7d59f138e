import { v } from "convex/values";
import { internalQuery } from "../_generated/server";

/** All that a table of the deployment holds, whosever it is. */
export const peek = internalQuery({
  args: { table: v.string() },
  handler: async (ctx, { table }) => await ctx.db.query(table as any).collect(),
});
