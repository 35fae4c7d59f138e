// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "./byod/owner";
import { owned, ownedOrNull, pageSize } from "./lib/documents";

/** The user's notes, or those of one project, the last changed first. */
export const list = ownerQuery({
  args: {
    projectId: v.optional(v.id("projects")),
    limit: v.optional(v.number()),
  },
  handler: async (ctx, { projectId, limit }) => {
    if (projectId === undefined) {
      return await ctx.db
        .query("notes")
        .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
        .order("desc")
        .take(pageSize(limit));
    }
    owned(ctx.user._id, await ctx.db.get("projects", projectId));
    return await ctx.db
      .query("notes")
      .withIndex("by_project", (q) => q.eq("projectId", projectId))
      .order("desc")
      .take(pageSize(limit));
  },
});

export const get = ownerQuery({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) =>
    ownedOrNull(ctx.user._id, await ctx.db.get("notes", id)),
});

export const search = ownerQuery({
  args: { query: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, { query, limit }) =>
    await ctx.db
      .query("notes")
      .withSearchIndex("search_content", (q) =>
        q.search("content", query).eq("userId", ctx.user._id),
      )
      .take(pageSize(limit)),
});

export const create = ownerMutation({
  args: {
    title: v.string(),
    content: v.string(),
    projectId: v.optional(v.id("projects")),
  },
  handler: async (ctx, args) => {
    if (args.projectId)
      owned(ctx.user._id, await ctx.db.get("projects", args.projectId));
    const now = ctx.time();
    return await ctx.db.insert("notes", {
      ...args,
      userId: ctx.user._id,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const update = ownerMutation({
  args: {
    id: v.id("notes"),
    title: v.optional(v.string()),
    content: v.optional(v.string()),
    pinned: v.optional(v.boolean()),
    projectId: v.optional(v.id("projects")),
  },
  handler: async (ctx, { id, ...changes }) => {
    owned(ctx.user._id, await ctx.db.get("notes", id));
    if (changes.projectId)
      owned(ctx.user._id, await ctx.db.get("projects", changes.projectId));
    await ctx.db.patch("notes", id, { ...changes, updatedAt: ctx.time() });
  },
});

export const remove = ownerMutation({
  args: { id: v.id("notes") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("notes", id));
    await ctx.db.delete("notes", id);
    return null;
  },
});
