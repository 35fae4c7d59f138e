import { TableAggregate } from "@convex-dev/aggregate";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import type { DataModel, Id } from "./_generated/dataModel";
import { internalMutation, mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";
import { lengths, limiter, noteCounts, pool } from "./lib/counts";

/** The same counts, under a name of this module. */
const counts = new TableAggregate<{
  Namespace: Id<"users">;
  Key: number;
  DataModel: DataModel;
  TableName: "notes";
}>(components.noteCounts, {
  namespace: (note) => note.userId,
  sortKey: (note) => note.createdAt,
});

export const create = mutation({
  args: { text: v.string(), createdAt: v.number() },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await limiter.limit(ctx, "write", { key: user._id, throws: true });
    const id = await ctx.db.insert("notes", { userId: user._id, ...args });
    const note = await ctx.db.get(id);
    await noteCounts.insert(ctx, note!);
    return id;
  },
});

export const remove = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("No such note");
    await ctx.db.delete(id);
    await counts.delete(ctx, note);
  },
});

export const countSince = query({
  args: { since: v.number() },
  handler: async (ctx, { since }) => {
    const user = await requireUser(ctx);
    return await noteCounts.count(ctx, {
      namespace: user._id,
      bounds: { lower: { key: since, inclusive: true } },
    });
  },
});

/** What a function of main counts in, too. */
export const longest = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const last = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .first();
    return last === null ? null : await lengths.max(ctx);
  },
});

/** By a component that runs functions: whose calls those are, it doesn't know. */
export const clearLater = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("No such note");
    await pool.enqueueMutation(ctx, internal.notes.clear, { id });
  },
});

export const clear = internalMutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.delete(id),
});
