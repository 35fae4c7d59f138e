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

/** So many rows of nothing that main does. */
export const flood = internalMutation({
  args: { owner: v.string(), rows: v.number() },
  returns: v.null(),
  handler: async (ctx, { owner, rows }) => {
    for (let seq = 1; seq <= rows; seq += 1) {
      const row = JSON.stringify({ is: "nothing" });
      await ctx.db.insert("byodOutbox", { owner, seq, row });
    }
    const state = await ctx.db.query("byodOutboxState").first();
    if (state === null)
      await ctx.db.insert("byodOutboxState", { owner, next: rows + 1 });
    return null;
  },
});
