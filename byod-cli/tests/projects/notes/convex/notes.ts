import { v } from "convex/values";
import { paginationOptsValidator } from "convex/server";
import { mutation, query, action } from "./_generated/server";
import { api } from "./_generated/api";
import { noteKind } from "./kinds";
import OpenAI from "openai";

// Looks the user up by hand.
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
    const mine = ctx.db
      .query("notes")
      .withIndex("by_user_kind", (q) =>
        q.eq("userId", user._id).eq("kind", args.kind),
      );
    return await (args.limit === undefined
      ? mine.collect()
      : mine.take(args.limit));
  },
});
export const listPaginated = query({
  args: { paginationOpts: paginationOptsValidator, kind: v.optional(noteKind) },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db
      .query("users")
      .withIndex("by_token", (q) =>
        q.eq("tokenIdentifier", identity.tokenIdentifier),
      )
      .unique();
    if (user === null) throw new Error("No such user");
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .paginate(args.paginationOpts);
  },
});
export const getNote = query({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (identity === null) return null;
    const user = await ctx.db
      .query("users")
      .filter((q) =>
        q.eq(q.field("tokenIdentifier"), identity.tokenIdentifier),
      )
      .first();
    const note = await ctx.db.get(noteId);
    return note?.userId === user?._id ? note : null;
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
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db
      .query("users")
      .withIndex("by_token", (q) =>
        q.eq("tokenIdentifier", identity.tokenIdentifier),
      )
      .unique();
    return await ctx.db.insert("notes", {
      ...args,
      userId: user!._id,
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
  handler: async (ctx, { id, ...changes }) => {
    await ctx.db.patch(id, { ...changes, updatedAt: Date.now() });
  },
});
export const edit = mutation({
  args: {
    id: v.id("notes"),
    patch: v.object({ title: v.optional(v.string()) }),
  },
  handler: async (ctx, { id, patch }) => {
    await ctx.db.patch(id, { ...patch, updatedAt: Date.now() });
  },
});
export const remove = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.delete(id),
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
