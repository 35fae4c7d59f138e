// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "./byod/owner";
import { owned, ownedOrNull, pageSize } from "./lib/documents";
import { taskPriority, taskStatus } from "./schema/projects";

/** The user's tasks, or those of one status, the last changed first. */
export const list = ownerQuery({
  args: { status: v.optional(taskStatus), limit: v.optional(v.number()) },
  handler: async (ctx, { status, limit }) => {
    const tasks = ctx.db.query("tasks");
    const mine =
      status === undefined
        ? tasks.withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
        : tasks.withIndex("by_user_and_status", (q) =>
            q.eq("userId", ctx.user._id).eq("status", status),
          );
    return await mine.order("desc").take(pageSize(limit));
  },
});

export const get = ownerQuery({
  args: { id: v.id("tasks") },
  handler: async (ctx, { id }) =>
    ownedOrNull(ctx.user._id, await ctx.db.get("tasks", id)),
});

/** How many tasks are in each status. */
export const counts = ownerQuery({
  args: {},
  returns: v.object({
    todo: v.number(),
    in_progress: v.number(),
    done: v.number(),
    cancelled: v.number(),
  }),
  handler: async (ctx) => {
    const counts = { todo: 0, in_progress: 0, done: 0, cancelled: 0 };
    const mine = ctx.db
      .query("tasks")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id));
    for await (const task of mine) counts[task.status] += 1;
    return counts;
  },
});

export const create = ownerMutation({
  args: {
    title: v.string(),
    status: taskStatus,
    description: v.optional(v.string()),
    priority: v.optional(taskPriority),
    dueAt: v.optional(v.union(v.number(), v.null())),
    projectId: v.optional(v.id("projects")),
  },
  handler: async (ctx, args) => {
    if (args.projectId)
      owned(ctx.user._id, await ctx.db.get("projects", args.projectId));
    const now = ctx.time();
    return await ctx.db.insert("tasks", {
      ...args,
      userId: ctx.user._id,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const update = ownerMutation({
  args: {
    id: v.id("tasks"),
    title: v.optional(v.string()),
    description: v.optional(v.string()),
    status: v.optional(taskStatus),
    priority: v.optional(taskPriority),
    /** Null takes the date away. */
    dueAt: v.optional(v.union(v.number(), v.null())),
  },
  handler: async (ctx, { id, ...changes }) => {
    owned(ctx.user._id, await ctx.db.get("tasks", id));
    await ctx.db.patch("tasks", id, { ...changes, updatedAt: ctx.time() });
  },
});

export const complete = ownerMutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("tasks", id));
    const now = ctx.time();
    await ctx.db.patch("tasks", id, {
      status: "done",
      completedAt: now,
      updatedAt: now,
    });
  },
});

export const remove = ownerMutation({
  args: { id: v.id("tasks") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    owned(ctx.user._id, await ctx.db.get("tasks", id));
    await ctx.db.delete("tasks", id);
    return null;
  },
});
