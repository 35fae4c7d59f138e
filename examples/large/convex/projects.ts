import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { requireProject } from "./lib/access";
import { logActivity } from "./lib/activity";
import { getCurrentUser, requirePro, requireUser } from "./lib/auth";

const fields = {
  name: v.string(),
  description: v.optional(v.string()),
  color: v.optional(v.string()),
  instructions: v.optional(v.string()),
};

export const list = query({
  args: { includeArchived: v.optional(v.boolean()) },
  handler: async (ctx, { includeArchived }) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const projects = await ctx.db
      .query("projects")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .collect();
    return includeArchived ? projects : projects.filter((p) => !p.archived);
  },
});

export const get = query({
  args: { projectId: v.id("projects") },
  handler: async (ctx, { projectId }) => {
    const user = await requireUser(ctx);
    return await requireProject(ctx, user._id, projectId);
  },
});

/** Free accounts have three, as the plan's page says. */
export const create = mutation({
  args: fields,
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    if (user.plan === "free") {
      const existing = await ctx.db
        .query("projects")
        .withIndex("by_user", (q) => q.eq("userId", user._id))
        .take(3);
      if (existing.length === 3) throw new Error("Three projects on Free");
    }
    const now = Date.now();
    const projectId = await ctx.db.insert("projects", {
      ...args,
      userId: user._id,
      archived: false,
      createdAt: now,
      updatedAt: now,
    });
    await logActivity(
      ctx,
      user._id,
      "created",
      "project",
      projectId,
      args.name,
    );
    return projectId;
  },
});

export const update = mutation({
  args: {
    projectId: v.id("projects"),
    name: v.optional(v.string()),
    description: v.optional(v.string()),
    color: v.optional(v.string()),
  },
  handler: async (ctx, { projectId, ...changes }) => {
    const user = await requireUser(ctx);
    await requireProject(ctx, user._id, projectId);
    await ctx.db.patch(projectId, { ...changes, updatedAt: Date.now() });
  },
});

/** Instructions for all of a project's chats: Pro. */
export const setInstructions = mutation({
  args: { projectId: v.id("projects"), instructions: v.string() },
  handler: async (ctx, { projectId, instructions }) => {
    const user = await requirePro(ctx);
    await requireProject(ctx, user._id, projectId);
    await ctx.db.patch(projectId, { instructions, updatedAt: Date.now() });
  },
});

export const archive = mutation({
  args: { projectId: v.id("projects"), archived: v.boolean() },
  handler: async (ctx, { projectId, archived }) => {
    const user = await requireUser(ctx);
    await requireProject(ctx, user._id, projectId);
    await ctx.db.patch(projectId, { archived, updatedAt: Date.now() });
  },
});

/** What was in it stays, without a project. */
export const remove = mutation({
  args: { projectId: v.id("projects") },
  handler: async (ctx, { projectId }) => {
    const user = await requireUser(ctx);
    await requireProject(ctx, user._id, projectId);
    for (const table of ["conversations", "tasks", "files"] as const) {
      const docs = await ctx.db
        .query(table)
        .withIndex("by_project", (q) => q.eq("projectId", projectId))
        .collect();
      for (const doc of docs) {
        await ctx.db.patch(doc._id, { projectId: undefined });
      }
    }
    for (const table of ["projectConversations", "projectNotes"] as const) {
      const joins = await ctx.db
        .query(table)
        .withIndex("by_project", (q) => q.eq("projectId", projectId))
        .collect();
      for (const join of joins) await ctx.db.delete(join._id);
    }
    await ctx.db.delete(projectId);
  },
});
