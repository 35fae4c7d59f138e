import { v } from "convex/values";
import { internalMutation, internalQuery } from "../_generated/server";

// What the owner of a deployment can do with their own deploy key.

/** All that a table holds. */
export const peek = internalQuery({
  args: { table: v.string() },
  handler: async (ctx, { table }) =>
    await ctx.db.query(table as "notes").collect(),
});

/** A row that no function has left. */
export const forge = internalMutation({
  args: { owner: v.string(), seq: v.number(), row: v.string() },
  returns: v.null(),
  handler: async (ctx, row) => {
    await ctx.db.insert("byodOutbox", row);
    const state = await ctx.db.query("byodOutboxState").first();
    if (state === null)
      await ctx.db.insert("byodOutboxState", { owner: row.owner, next: 1000 });
    return null;
  },
});
