// Written by `byod export`.

import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { ownerAction, ownerMutation, ownerQuery } from "./byod/owner";
import { noteKind } from "./kinds";

// Looks the user up by hand.
export const list = ownerQuery({
  args: {
    kind: noteKind,
    folderId: v.optional(v.id("folders")),
    limit: v.optional(v.number()),
  },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = { _id: ctx.owner };
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
export const listPaginated = ownerQuery({
  args: { paginationOpts: paginationOptsValidator, kind: v.optional(noteKind) },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = { _id: ctx.owner };
    if (user === null) throw new Error("No such user");
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .paginate(args.paginationOpts);
  },
});
export const getNote = ownerQuery({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (identity === null) return null;
    const user = { _id: ctx.owner };
    const note = await ctx.db.get(noteId);
    return note?.userId === user?._id ? note : null;
  },
});
export const create = ownerMutation({
  args: {
    title: v.string(),
    kind: noteKind,
    sharedWith: v.array(v.string()),
    folderId: v.optional(v.id("folders")),
  },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = { _id: ctx.owner };
    return await ctx.db.insert("notes", {
      ...args,
      userId: user!._id,
      createdAt: ctx.time(),
      updatedAt: ctx.time(),
    });
  },
});
export const update = ownerMutation({
  args: {
    id: v.id("notes"),
    title: v.optional(v.string()),
    body: v.optional(v.string()),
  },
  handler: async (ctx, { id, ...changes }) => {
    await ctx.db.patch(id, { ...changes, updatedAt: ctx.time() });
  },
});
export const edit = ownerMutation({
  args: {
    id: v.id("notes"),
    patch: v.object({ title: v.optional(v.string()) }),
  },
  handler: async (ctx, { id, patch }) => {
    await ctx.db.patch(id, { ...patch, updatedAt: ctx.time() });
  },
});
export const remove = ownerMutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.delete(id),
});

// `summarize` is missing, because main's imports `OpenAI` of `openai`. Write it
// in custom/notes.ts.

export const unguarded = ownerQuery({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.get(id),
});
export const titleOf = ownerAction({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<string | null> =>
    (await ctx.runQuery(internal.notes.unguarded, { id }))?.title ?? null,
});

// `old` is missing, because main's declares no `args`: write `args: {}`, or
// what it takes. Write it in custom/notes.ts.
