import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { mutation, query } from "../_generated/server";
import { requireUser } from "./auth";

/** Tables whose newest documents are listed, and read one by one. */
type Plain = "bookmarks" | "snippets";

/** `get` and `recent` of a table, the same for each. */
export function readers<T extends Plain>(table: T) {
  return {
    get: query({
      args: { id: v.id(table) },
      handler: async (ctx, args) => {
        const user = await requireUser(ctx);
        const doc = await ctx.db.get(args.id as Id<Plain>);
        return doc?.userId === user._id ? (doc as unknown as Doc<T>) : null;
      },
    }),
    recent: query({
      args: { limit: v.optional(v.number()) },
      handler: async (ctx, { limit }) => {
        const user = await requireUser(ctx);
        const docs = await ctx.db
          .query(table as Plain)
          .withIndex("by_user", (q) => q.eq("userId", user._id))
          .order("desc")
          .take(limit ?? 20);
        return docs as unknown as Doc<T>[];
      },
    }),
  };
}

/** Deletes several, where they are the caller's. */
export const removeManySnippets = mutation({
  args: { ids: v.array(v.id("snippets")) },
  handler: async (ctx, { ids }) => {
    const user = await requireUser(ctx);
    for (const id of ids) {
      const snippet = await ctx.db.get(id);
      if (snippet?.userId !== user._id) continue;
      const joins = await ctx.db
        .query("snippetTags")
        .withIndex("by_snippet", (q) => q.eq("snippetId", id))
        .collect();
      for (const join of joins) await ctx.db.delete(join._id);
      await ctx.db.delete(id);
    }
  },
});
