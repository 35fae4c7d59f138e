// Written by `byod export`.

import { v } from "convex/values";
import { internal } from "./_generated/api";
import { matches, ownerAction, ownerMutation, ownerQuery } from "./byod/owner";

// Not main's, which uses main's table `users`.
export const list = ownerQuery({
  args: {
    kind: v.union(v.literal("text"), v.literal("list")),
    folderId: v.optional(v.id("folders")),
    limit: v.optional(v.number()),
  },
  handler: async (ctx, args) => {
    const fields = { folderId: args.folderId };
    const found = ctx.db
      .query("notes")
      .withIndex("by_user_kind", (q) =>
        q.eq("userId", ctx.owner).eq("kind", args.kind),
      )
      .order("desc")
      .filter((q) => matches(q, fields));
    return args.limit === undefined
      ? await found.collect()
      : await found.take(args.limit);
  },
});

// Not main's, which uses main's table `users`.
export const listPaginated = ownerQuery({
  args: {
    paginationOpts: v.object({
      numItems: v.number(),
      cursor: v.union(v.string(), v.null()),
      endCursor: v.optional(v.union(v.string(), v.null())),
      id: v.optional(v.number()),
      maximumRowsRead: v.optional(v.number()),
      maximumBytesRead: v.optional(v.number()),
    }),
    kind: v.optional(v.union(v.literal("text"), v.literal("list"))),
  },
  handler: async (ctx, args) => {
    const fields = { kind: args.kind };
    const found = ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", ctx.owner))
      .order("desc")
      .filter((q) => matches(q, fields));
    return await found.paginate(args.paginationOpts);
  },
});

// Not main's, which uses main's table `users`.
export const getNote = ownerQuery({
  args: { noteId: v.id("notes") },
  handler: async (ctx, args) => {
    return await ctx.db.get(args.noteId);
  },
});

// Not main's, which uses main's table `users`.
export const create = ownerMutation({
  args: {
    title: v.string(),
    kind: v.union(v.literal("text"), v.literal("list")),
    sharedWith: v.array(v.string()),
    folderId: v.optional(v.id("folders")),
  },
  handler: async (ctx, args) => {
    return await ctx.db.insert("notes", {
      ...args,
      userId: ctx.owner,
      createdAt: ctx.time(),
      updatedAt: ctx.time(),
    });
  },
});

// Not main's, which uses main's table `users`.
export const update = ownerMutation({
  args: {
    id: v.id("notes"),
    title: v.optional(v.string()),
    body: v.optional(v.string()),
  },
  handler: async (ctx, args) => {
    const { id, ...changes } = args;
    await ctx.db.patch(id, { ...changes, updatedAt: ctx.time() });
    return null;
  },
});

// Not main's, which uses main's table `users`.
export const edit = ownerMutation({
  args: {
    id: v.id("notes"),
    patch: v.object({ title: v.optional(v.string()) }),
  },
  handler: async (ctx, args) => {
    await ctx.db.patch(args.id, { ...args.patch, updatedAt: ctx.time() });
    return null;
  },
});

// Not main's, which uses main's table `users`.
export const remove = ownerMutation({
  args: { id: v.id("notes") },
  handler: async (ctx, args) => {
    await ctx.db.delete(args.id);
    return null;
  },
});

// `summarize` is missing, because main's imports `OpenAI` of `openai`; and it
// is none of list, get, create, update and remove by its name, kind and
// arguments. Write it in custom/notes.ts.

export const unguarded = ownerQuery({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.get(id),
});
export const titleOf = ownerAction({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<string | null> =>
    (await ctx.runQuery(internal.notes.unguarded, { id }))?.title ?? null,
});

// `old` is missing, because main's declares no `args`. Write it in
// custom/notes.ts.
