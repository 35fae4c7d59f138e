import { v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import {
  internalMutation,
  mutation,
  query,
  type MutationCtx,
} from "./_generated/server";
import { internal } from "./_generated/api";
import { logActivity, notify } from "./lib/activity";
import { getCurrentUser, requireUser } from "./lib/auth";
import { taskStatus } from "./schema/projects";
import { DAY_MS } from "@/lib/tokens";

async function ownTask(
  ctx: MutationCtx,
  taskId: Id<"tasks">,
): Promise<Doc<"tasks">> {
  const user = await requireUser(ctx);
  const task = await ctx.db.get(taskId);
  if (task?.userId !== user._id) throw new Error("Task not found");
  return task;
}

export const list = query({
  args: { status: v.optional(taskStatus) },
  handler: async (ctx, { status }) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    if (status === undefined) {
      return await ctx.db
        .query("tasks")
        .withIndex("by_user", (q) => q.eq("userId", user._id))
        .collect();
    }
    return await ctx.db
      .query("tasks")
      .withIndex("by_user_status", (q) =>
        q.eq("userId", user._id).eq("status", status),
      )
      .collect();
  },
});

export const listForProject = query({
  args: { projectId: v.id("projects") },
  handler: async (ctx, { projectId }) => {
    const user = await requireUser(ctx);
    const project = await ctx.db.get(projectId);
    if (project?.userId !== user._id) return [];
    return await ctx.db
      .query("tasks")
      .withIndex("by_project", (q) => q.eq("projectId", projectId))
      .collect();
  },
});

/** What is due today, in the user's own time zone. */
export const dueToday = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const day = new Date().toLocaleDateString("en-CA", {
      timeZone: user.timezone ?? "UTC",
    });
    const open = await ctx.db
      .query("tasks")
      .withIndex("by_user_status", (q) =>
        q.eq("userId", user._id).eq("status", "todo"),
      )
      .collect();
    const end = Date.parse(`${day}T00:00:00Z`) + DAY_MS;
    return open.filter((task) => task.dueAt !== undefined && task.dueAt < end);
  },
});

export const create = mutation({
  args: {
    title: v.string(),
    description: v.optional(v.string()),
    priority: v.optional(v.number()),
    dueAt: v.optional(v.number()),
    projectId: v.optional(v.id("projects")),
    parentTaskId: v.optional(v.id("tasks")),
    sourceMessageId: v.optional(v.id("messages")),
  },
  handler: async (ctx, { priority = 0, ...args }) => {
    const user = await requireUser(ctx);
    const last = await ctx.db
      .query("tasks")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .first();
    const now = Date.now();
    return await ctx.db.insert("tasks", {
      ...args,
      priority,
      userId: user._id,
      status: "todo",
      position: (last?.position ?? 0) + 1,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const update = mutation({
  args: {
    taskId: v.id("tasks"),
    title: v.optional(v.string()),
    description: v.optional(v.string()),
    priority: v.optional(v.number()),
    dueAt: v.optional(v.number()),
  },
  handler: async (ctx, { taskId, ...changes }) => {
    await ownTask(ctx, taskId);
    await ctx.db.patch(taskId, { ...changes, updatedAt: Date.now() });
  },
});

export const setStatus = mutation({
  args: { taskId: v.id("tasks"), status: taskStatus },
  handler: async (ctx, { taskId, status }) => {
    const task = await ownTask(ctx, taskId);
    const now = Date.now();
    await ctx.db.patch(taskId, {
      status,
      completedAt: status === "done" ? now : undefined,
      updatedAt: now,
    });
    if (status !== "done" || task.status === "done") return;
    await logActivity(
      ctx,
      task.userId,
      "completed",
      "task",
      taskId,
      task.title,
    );
    await ctx.scheduler.runAfter(0, internal.users.stats.increment, {
      userId: task.userId,
      tasksCompleted: 1,
    });
  },
});

export const reorder = mutation({
  args: { taskIds: v.array(v.id("tasks")) },
  handler: async (ctx, { taskIds }) => {
    const user = await requireUser(ctx);
    for (const [position, taskId] of taskIds.entries()) {
      const task = await ctx.db.get(taskId);
      if (task?.userId === user._id) await ctx.db.patch(taskId, { position });
    }
  },
});

export const remove = mutation({
  args: { taskId: v.id("tasks") },
  handler: async (ctx, { taskId }) => {
    await ownTask(ctx, taskId);
    const subtasks = await ctx.db
      .query("tasks")
      .withIndex("by_parent", (q) => q.eq("parentTaskId", taskId))
      .collect();
    for (const id of [taskId, ...subtasks.map((task) => task._id)]) {
      const joins = await ctx.db
        .query("taskTags")
        .withIndex("by_task", (q) => q.eq("taskId", id))
        .collect();
      for (const join of joins) await ctx.db.delete(join._id);
      await ctx.db.delete(id);
    }
  },
});

/** Every hour: a row under the bell for what is due. */
export const remind = internalMutation({
  args: {},
  handler: async (ctx) => {
    const due = await ctx.db
      .query("tasks")
      .withIndex("by_due", (q) =>
        q.eq("status", "todo").gt("dueAt", 0).lt("dueAt", Date.now()),
      )
      .filter((q) => q.eq(q.field("remindedAt"), undefined))
      .take(100);
    for (const task of due) {
      await notify(ctx, task.userId, {
        kind: "task_due",
        title: `Due: ${task.title}`,
        link: `/tasks/${task._id}`,
      });
      await ctx.db.patch(task._id, { remindedAt: Date.now() });
    }
  },
});
