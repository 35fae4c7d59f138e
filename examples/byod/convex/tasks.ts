import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { owned, ownedOrNull, pageSize } from "./lib/documents";
import { taskPriority, taskStatus } from "./schema/projects";
import { owner, timestamps } from "./schema/shared";

const { updatedAt } = timestamps;

/** The user's tasks, or those of one status, the last changed first. */
export const list = internalQuery({
  args: {
    ...owner,
    status: v.optional(taskStatus),
    limit: v.optional(v.number()),
  },
  handler: async (ctx, { userId, status, limit }) => {
    const tasks = ctx.db.query("tasks");
    const mine =
      status === undefined
        ? tasks.withIndex("by_user", (q) => q.eq("userId", userId))
        : tasks.withIndex("by_user_and_status", (q) =>
            q.eq("userId", userId).eq("status", status),
          );
    return await mine.order("desc").take(pageSize(limit));
  },
});

export const get = internalQuery({
  args: { ...owner, id: v.id("tasks") },
  handler: async (ctx, { userId, id }) =>
    ownedOrNull(userId, await ctx.db.get("tasks", id)),
});

/** How many tasks are in each status. */
export const counts = internalQuery({
  args: owner,
  returns: v.object({
    todo: v.number(),
    in_progress: v.number(),
    done: v.number(),
    cancelled: v.number(),
  }),
  handler: async (ctx, { userId }) => {
    const counts = { todo: 0, in_progress: 0, done: 0, cancelled: 0 };
    const mine = ctx.db
      .query("tasks")
      .withIndex("by_user", (q) => q.eq("userId", userId));
    for await (const task of mine) counts[task.status] += 1;
    return counts;
  },
});

export const create = internalMutation({
  args: {
    ...owner,
    ...timestamps,
    title: v.string(),
    status: taskStatus,
    description: v.optional(v.string()),
    priority: v.optional(taskPriority),
    dueAt: v.optional(v.union(v.number(), v.null())),
    projectId: v.optional(v.id("projects")),
  },
  handler: async (ctx, args) => {
    if (args.projectId)
      owned(args.userId, await ctx.db.get("projects", args.projectId));
    return await ctx.db.insert("tasks", args);
  },
});

export const update = internalMutation({
  args: {
    ...owner,
    updatedAt,
    id: v.id("tasks"),
    title: v.optional(v.string()),
    description: v.optional(v.string()),
    status: v.optional(taskStatus),
    priority: v.optional(taskPriority),
    /** Null takes the date away. */
    dueAt: v.optional(v.union(v.number(), v.null())),
  },
  handler: async (ctx, { userId, id, ...changes }) => {
    owned(userId, await ctx.db.get("tasks", id));
    await ctx.db.patch("tasks", id, changes);
  },
});

export const complete = internalMutation({
  args: { ...owner, updatedAt, id: v.id("tasks") },
  handler: async (ctx, { userId, id, updatedAt }) => {
    owned(userId, await ctx.db.get("tasks", id));
    await ctx.db.patch("tasks", id, {
      status: "done",
      completedAt: updatedAt,
      updatedAt,
    });
  },
});

export const remove = internalMutation({
  args: { ...owner, id: v.id("tasks") },
  returns: v.null(),
  handler: async (ctx, { userId, id }) => {
    owned(userId, await ctx.db.get("tasks", id));
    await ctx.db.delete("tasks", id);
    return null;
  },
});
