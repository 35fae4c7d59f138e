import { v } from "convex/values";
import { internalQuery } from "./_generated/server";

/** All of a table of main's. */
export const all = internalQuery({
  args: { table: v.union(v.literal("byodJobs"), v.literal("byodRefused")) },
  handler: async (ctx, { table }) => await ctx.db.query(table).collect(),
});
