import { v } from "convex/values";
import { paginationOptsValidator } from "convex/server";
import { mutation, query, action } from "./_generated/server";
import { api } from "./_generated/api";
import { noteKind } from "./kinds";
import OpenAI from "openai";

// Looks the user up by hand: can't be carried over.
export const list = query({
  args: {
    kind: noteKind,
    folderId: v.optional(v.id("folders")),
    limit: v.optional(v.number()),
  },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db
      .query("users")
      .withIndex("by_token", (q) =>
        q.eq("tokenIdentifier", identity.tokenIdentifier),
      )
      .unique();
    if (!user) return [];
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
export const listPaginated = query({
  args: { paginationOpts: paginationOptsValidator, kind: v.optional(noteKind) },
  handler: async (ctx, args) => {
    const user = await ctx.db.query("users").first();
    return await ctx.db.query("notes").paginate(args.paginationOpts);
  },
});
export const getNote = query({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    const me = await ctx.db.query("users").first();
    return await ctx.db.get(noteId);
  },
});
export const create = mutation({
  args: {
    title: v.string(),
    kind: noteKind,
    sharedWith: v.array(v.id("users")),
    folderId: v.optional(v.id("folders")),
  },
  handler: async (ctx, args) => {
    const me = await ctx.db.query("users").first();
    return await ctx.db.insert("notes", {
      ...args,
      userId: me!._id,
      createdAt: Date.now(),
      updatedAt: Date.now(),
    });
  },
});
export const update = mutation({
  args: {
    id: v.id("notes"),
    title: v.optional(v.string()),
    body: v.optional(v.string()),
  },
  handler: async (ctx, args) => {
    const me = await ctx.db.query("users").first();
  },
});
export const edit = mutation({
  args: {
    id: v.id("notes"),
    patch: v.object({ title: v.optional(v.string()) }),
  },
  handler: async (ctx, args) => {
    const me = await ctx.db.query("users").first();
  },
});
export const remove = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, args) => {
    const me = await ctx.db.query("users").first();
  },
});
export const summarize = action({
  args: { id: v.id("notes") },
  handler: async (ctx, args) => {
    return new OpenAI();
  },
});
export const unguarded = query({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.get(id),
});
export const titleOf = action({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<string | null> =>
    (await ctx.runQuery(api.notes.unguarded, { id }))?.title ?? null,
});
export const old = query(async (ctx) => await ctx.db.query("notes").collect());
