import { v } from "convex/values";
import { query } from "~/convex/_generated/server";
import { requireProject } from "~/convex/lib/access";
import { requireUser } from "~/convex/lib/auth";

export const overview = query({
  args: { projectId: v.id("projects") },
  handler: async (ctx, { projectId }) => {
    const user = await requireUser(ctx);
    await requireProject(ctx, user._id, projectId);
    const tasks = await ctx.db
      .query("tasks")
      .withIndex("by_project", (q) => q.eq("projectId", projectId))
      .collect();
    const conversations = await ctx.db
      .query("conversations")
      .withIndex("by_project", (q) => q.eq("projectId", projectId))
      .collect();
    return {
      open: tasks.filter((task) => task.status === "todo").length,
      done: tasks.filter((task) => task.status === "done").length,
      conversations: conversations.length,
      messages: conversations.reduce((sum, c) => sum + c.messageCount, 0),
    };
  },
});

/** The project's part of the timeline, which is kept per user. */
export const history = query({
  args: { projectId: v.id("projects") },
  handler: async (ctx, { projectId }) => {
    const user = await requireUser(ctx);
    const project = await requireProject(ctx, user._id, projectId);
    const events = await ctx.db
      .query("activityEvents")
      .withIndex("by_target", (q) =>
        q.eq("target", "project").eq("targetId", project._id),
      )
      .take(50);
    return { project: project.name, events };
  },
});
