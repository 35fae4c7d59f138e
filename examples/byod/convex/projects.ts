import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { owned, ownedOrNull, pageSize } from "./lib/documents";
import { owner, timestamps } from "./schema/shared";

const { updatedAt } = timestamps;

/** The user's projects, the last changed first. */
export const list = internalQuery({
  args: { ...owner, limit: v.optional(v.number()) },
  handler: async (ctx, { userId, limit }) =>
    await ctx.db
      .query("projects")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .order("desc")
      .take(pageSize(limit)),
});

export const get = internalQuery({
  args: { ...owner, id: v.id("projects") },
  handler: async (ctx, { userId, id }) =>
    ownedOrNull(userId, await ctx.db.get("projects", id)),
});

export const create = internalMutation({
  args: {
    ...owner,
    ...timestamps,
    name: v.string(),
    description: v.optional(v.string()),
    instructions: v.optional(v.string()),
    color: v.optional(v.string()),
  },
  handler: async (ctx, args) => await ctx.db.insert("projects", args),
});

export const update = internalMutation({
  args: {
    ...owner,
    updatedAt,
    id: v.id("projects"),
    name: v.optional(v.string()),
    description: v.optional(v.string()),
    instructions: v.optional(v.string()),
    archived: v.optional(v.boolean()),
  },
  handler: async (ctx, { userId, id, ...changes }) => {
    owned(userId, await ctx.db.get("projects", id));
    await ctx.db.patch("projects", id, changes);
  },
});

/** Puts a conversation at the end of a project. */
export const addConversation = internalMutation({
  args: {
    ...owner,
    ...timestamps,
    id: v.id("projects"),
    conversationId: v.id("conversations"),
  },
  returns: v.id("projectConversations"),
  handler: async (ctx, { id, ...link }) => {
    owned(link.userId, await ctx.db.get("projects", id));
    owned(link.userId, await ctx.db.get("conversations", link.conversationId));
    const last = await ctx.db
      .query("projectConversations")
      .withIndex("by_project", (q) => q.eq("projectId", id))
      .order("desc")
      .first();
    return await ctx.db.insert("projectConversations", {
      ...link,
      projectId: id,
      position: last === null ? 0 : last.position + 1,
    });
  },
});

/** Deletes a project. What was in it stays. */
export const remove = internalMutation({
  args: { ...owner, id: v.id("projects") },
  returns: v.null(),
  handler: async (ctx, { userId, id }) => {
    owned(userId, await ctx.db.get("projects", id));
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
