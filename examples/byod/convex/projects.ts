// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "./byod/owner";
import { owned, ownedOrNull, pageSize } from "./lib/documents";

/** The user's projects, the last changed first. */
export const list = ownerQuery({
  args: { limit: v.optional(v.number()) },
  handler: async (ctx, { limit }) =>
    await ctx.db
      .query("projects")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .order("desc")
      .take(pageSize(limit)),
});

export const get = ownerQuery({
  args: { id: v.id("projects") },
  handler: async (ctx, { id }) =>
    ownedOrNull(ctx.user._id, await ctx.db.get("projects", id)),
});

export const create = ownerMutation({
  args: {
    name: v.string(),
    description: v.optional(v.string()),
    instructions: v.optional(v.string()),
    color: v.optional(v.string()),
  },
  handler: async (ctx, args) => {
    const now = ctx.time();
    return await ctx.db.insert("projects", {
      ...args,
      userId: ctx.user._id,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const update = ownerMutation({
  args: {
    id: v.id("projects"),
    name: v.optional(v.string()),
    description: v.optional(v.string()),
    instructions: v.optional(v.string()),
    archived: v.optional(v.boolean()),
  },
  handler: async (ctx, { id, ...changes }) => {
    owned(ctx.user._id, await ctx.db.get("projects", id));
    await ctx.db.patch("projects", id, { ...changes, updatedAt: ctx.time() });
  },
});

/** Puts a conversation at the end of a project. */
export const addConversation = ownerMutation({
  args: { id: v.id("projects"), conversationId: v.id("conversations") },
  returns: v.id("projectConversations"),
  handler: async (ctx, { id, conversationId }) => {
    owned(ctx.user._id, await ctx.db.get("projects", id));
    owned(ctx.user._id, await ctx.db.get("conversations", conversationId));
    const last = await ctx.db
      .query("projectConversations")
      .withIndex("by_project", (q) => q.eq("projectId", id))
      .order("desc")
      .first();
    const now = ctx.time();
    return await ctx.db.insert("projectConversations", {
      userId: ctx.user._id,
      projectId: id,
      conversationId,
      position: last === null ? 0 : last.position + 1,
      createdAt: now,
      updatedAt: now,
    });
  },
});

/** Deletes a project. What was in it stays. */
export const remove = ownerMutation({
  args: { id: v.id("projects") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("projects", id));
    for (const table of [
      "projectConversations",
      "projectNotes",
      "projectFiles",
    ] as const) {
      const items = ctx.db
        .query(table)
        .withIndex("by_project", (q) => q.eq("projectId", id));
      for await (const item of items) await ctx.db.delete(table, item._id);
    }
    for (const table of ["conversations", "notes", "tasks"] as const) {
      const members = ctx.db
        .query(table)
        .withIndex("by_project", (q) => q.eq("projectId", id));
      for await (const member of members) {
        await ctx.db.patch(table, member._id, { projectId: undefined });
      }
    }
    await ctx.db.delete("projects", id);
    return null;
  },
});
