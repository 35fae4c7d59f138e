import { v } from "convex/values";
import { query } from "../_generated/server";
import { requireUser } from "../lib/auth";
import { mutation } from "../lib/triggers";
import { taskStatus } from "../schema/projects";

/** A column for each status, as the board shows them. */
export const columns = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const column = async (status: "todo" | "doing" | "done") =>
      await ctx.db
        .query("tasks")
        .withIndex("by_user_status", (q) =>
          q.eq("userId", user._id).eq("status", status),
        )
        .take(100);
    return {
      todo: await column("todo"),
      doing: await column("doing"),
      done: await column("done"),
    };
  },
});

export const addCard = mutation({
  args: { title: v.string(), status: taskStatus },
  handler: async (ctx, { title, status }) => {
    const user = await requireUser(ctx);
    const now = Date.now();
    return await ctx.db.insert("tasks", {
      userId: user._id,
      title,
      status,
      priority: 0,
      position: now,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const moveCard = mutation({
  args: { taskId: v.id("tasks"), status: taskStatus, position: v.number() },
  handler: async (ctx, { taskId, status, position }) => {
    const user = await requireUser(ctx);
    const task = await ctx.db.get(taskId);
    if (task?.userId !== user._id) throw new Error("Task not found");
    await ctx.db.patch(taskId, { status, position, updatedAt: Date.now() });
  },
});

/** "Clear" at the top of the last column. */
export const clearDone = mutation({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const done = await ctx.db
      .query("tasks")
      .withIndex("by_user_status", (q) =>
        q.eq("userId", user._id).eq("status", "done"),
      )
      .collect();
    for (const task of done) {
      const joins = await ctx.db
        .query("taskTags")
        .withIndex("by_task", (q) => q.eq("taskId", task._id))
        .collect();
      for (const join of joins) await ctx.db.delete(join._id);
      await ctx.db.delete(task._id);
    }
    return done.length;
  },
});
