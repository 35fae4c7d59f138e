import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { owned, ownedOrNull, pageSize } from "./lib/documents";
import { owner, timestamps } from "./schema/shared";

const { updatedAt } = timestamps;

/** The user's notes, or those of one project, the last changed first. */
export const list = internalQuery({
  args: {
    ...owner,
    projectId: v.optional(v.id("projects")),
    limit: v.optional(v.number()),
  },
  handler: async (ctx, { userId, projectId, limit }) => {
    if (projectId === undefined) {
      return await ctx.db
        .query("notes")
        .withIndex("by_user", (q) => q.eq("userId", userId))
        .order("desc")
        .take(pageSize(limit));
    }
    owned(userId, await ctx.db.get("projects", projectId));
    return await ctx.db
      .query("notes")
      .withIndex("by_project", (q) => q.eq("projectId", projectId))
      .order("desc")
      .take(pageSize(limit));
  },
});

export const get = internalQuery({
  args: { ...owner, id: v.id("notes") },
  handler: async (ctx, { userId, id }) =>
    ownedOrNull(userId, await ctx.db.get("notes", id)),
});

export const search = internalQuery({
  args: { ...owner, query: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, { userId, query, limit }) =>
    await ctx.db
      .query("notes")
      .withSearchIndex("search_content", (q) =>
        q.search("content", query).eq("userId", userId),
      )
      .take(pageSize(limit)),
});

export const create = internalMutation({
  args: {
    ...owner,
    ...timestamps,
    title: v.string(),
    content: v.string(),
    projectId: v.optional(v.id("projects")),
  },
  handler: async (ctx, args) => {
    if (args.projectId)
      owned(args.userId, await ctx.db.get("projects", args.projectId));
    return await ctx.db.insert("notes", args);
  },
});

export const update = internalMutation({
  args: {
    ...owner,
    updatedAt,
    id: v.id("notes"),
    title: v.optional(v.string()),
    content: v.optional(v.string()),
    pinned: v.optional(v.boolean()),
    projectId: v.optional(v.id("projects")),
  },
  handler: async (ctx, { userId, id, ...changes }) => {
    owned(userId, await ctx.db.get("notes", id));
    if (changes.projectId)
      owned(userId, await ctx.db.get("projects", changes.projectId));
    await ctx.db.patch("notes", id, changes);
  },
});

export const remove = internalMutation({
  args: { ...owner, id: v.id("notes") },
  returns: v.null(),
  handler: async (ctx, { userId, id }) => {
    owned(userId, await ctx.db.get("notes", id));
    await ctx.db.delete("notes", id);
    return null;
  },
});
