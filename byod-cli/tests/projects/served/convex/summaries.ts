import { v } from "convex/values";
import { api, internal } from "./_generated/api";
import { action, mutation } from "./byod/server";

/** In Convex's own runtime, and beside a mutation. */
export const all = action({
  args: {},
  handler: async (ctx): Promise<string> => {
    const texts: string[] = await ctx.runQuery(api.notes.list, {});
    return texts.join("; ");
  },
});

export const count = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(0, internal.counters.add, { name: "counts" });
  },
});

/** What a client sends, as it is. */
export const forward = mutation({
  args: { to: v.any() },
  handler: async (ctx, { to }) => {
    await ctx.scheduler.runAfter(0, internal.assistant.follow, to);
  },
});

/** Waits between two calls, in which the user's data may move. */
export const slow = action({
  args: { id: v.id("notes"), wait: v.number() },
  handler: async (ctx, { id, wait }): Promise<void> => {
    await ctx.runMutation(internal.notes.append, { id, text: ", begun" });
    await new Promise((resolve) => setTimeout(resolve, wait));
    await ctx.runMutation(internal.notes.append, { id, text: ", ended" });
  },
});
