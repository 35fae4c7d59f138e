import { v } from "convex/values";
import { getAuthUserId } from "@convex-dev/auth/server";
import { mutation, query } from "./_generated/server";

export const list = query({
  args: { userId: v.optional(v.string()) },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) return [];
    return await ctx.db
      .query("todos")
      .withIndex("by_user", (q) => q.eq("userId", identity.subject))
      .collect();
  },
});
export const add = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const userId = await getAuthUserId(ctx);
    if (userId === null) throw new Error("Sign in");
    return await ctx.db.insert("todos", { userId, text, done: false });
  },
});
export const toggle = mutation({
  args: { id: v.id("todos") },
  handler: async ({ db, auth }, { id }) => {
    const todo = await db.get(id);
    if (todo) await db.patch(id, { done: !todo.done });
  },
});
