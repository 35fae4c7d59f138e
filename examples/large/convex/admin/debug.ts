import { v } from "convex/values";
import type { TableNames } from "../_generated/dataModel";
import { adminMutation, adminQuery } from "../lib/functions";

/** How many documents a table has, up to a thousand. */
export const countTable = adminQuery({
  args: { table: v.string() },
  handler: async (ctx, { table }) => {
    const docs = await ctx.db.query(table as TableNames).take(1000);
    return docs.length;
  },
});

/** Deletes one document, whatever it is. */
export const deleteDocument = adminMutation({
  args: { table: v.string(), id: v.string() },
  handler: async (ctx, args) => {
    const id = ctx.db.normalizeId(args.table as TableNames, args.id);
    if (!id) throw new Error(`Not an id of ${args.table}`);
    await ctx.db.delete(id);
  },
});
