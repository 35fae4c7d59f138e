import { v } from "convex/values";
import { query } from "./_generated/server";
import { getCurrentUser, requireUser } from "./lib/auth";

// The home page asks one module for everything.
export { sidebar as recentConversations } from "./conversations";
export { dueToday as tasksDueToday } from "./tasks";
export { state as onboarding } from "./onboarding";

/** The tiles at the top. */
export const counts = query({
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    if (!user) return null;
    const counts: Record<string, number> = {};
    for (const table of [
      "conversations",
      "notes",
      "tasks",
      "projects",
      "memories",
    ] as const) {
      const docs = await ctx.db
        .query(table)
        .withIndex("by_user", (q) => q.eq("userId", user._id))
        .collect();
      counts[table] = docs.length;
    }
    return counts;
  },
});

/** The newest of everything, in one list. */
export const latest = query({
  args: { limit: v.optional(v.number()) },
  handler: async (ctx, { limit = 10 }) => {
    const user = await requireUser(ctx);
    const [conversations, notes, snippets] = await Promise.all([
      ctx.db
        .query("conversations")
        .withIndex("by_user", (q) => q.eq("userId", user._id))
        .order("desc")
        .take(limit),
      ctx.db
        .query("notes")
        .withIndex("by_user", (q) => q.eq("userId", user._id))
        .order("desc")
        .take(limit),
      ctx.db
        .query("snippets")
        .withIndex("by_user", (q) => q.eq("userId", user._id))
        .order("desc")
        .take(limit),
    ]);
    return [...conversations, ...notes, ...snippets]
      .sort((a, b) => b.updatedAt - a.updatedAt)
      .slice(0, limit);
  },
});

/** Greets by name, with what waits: tasks here, notifications there. */
export const greeting = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const tasks = await ctx.db
      .query("tasks")
      .withIndex("by_user_status", (q) =>
        q.eq("userId", user._id).eq("status", "todo"),
      )
      .collect();
    const unread = await ctx.db
      .query("notifications")
      .withIndex("by_user_read", (q) =>
        q.eq("userId", user._id).eq("readAt", undefined),
      )
      .collect();
    return { name: user.name, tasks: tasks.length, unread: unread.length };
  },
});
