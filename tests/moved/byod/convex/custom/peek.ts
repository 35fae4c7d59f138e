import { v } from "convex/values";
import {
  internalAction,
  internalMutation,
  internalQuery,
} from "../_generated/server";

/** All that a table of the deployment holds, whosever it is. */
export const peek = internalQuery({
  args: { table: v.string() },
  handler: async (ctx, { table }) => await ctx.db.query(table as any).collect(),
});

/** Puts something there as it is given. */
export const put = internalMutation({
  args: { table: v.string(), document: v.any() },
  handler: async (ctx, { table, document }) =>
    await ctx.db.insert(table as any, document),
});

/** Changes what is there. */
export const patch = internalMutation({
  args: { id: v.string(), document: v.any() },
  handler: async (ctx, { id, document }) => {
    await ctx.db.patch(id as any, document);
    return null;
  },
});

/** Removes what is there. */
export const remove = internalMutation({
  args: { id: v.string() },
  handler: async (ctx, { id }) => {
    await ctx.db.delete(id as any);
    return null;
  },
});

/** Which files there are. */
export const files = internalQuery({
  args: {},
  handler: async (ctx) => await ctx.db.system.query("_storage").collect(),
});

/** What a file holds. */
export const text = internalAction({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => (await ctx.storage.get(id))!.text(),
});

/** Removes a file. */
export const drop = internalMutation({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => {
    await ctx.storage.delete(id);
    return null;
  },
});
