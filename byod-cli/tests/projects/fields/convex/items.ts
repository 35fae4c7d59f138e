import { v } from "convex/values";
import { mutation } from "./_generated/server";

export const add = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const identity = await ctx.auth.getUserIdentity();
    const user = await ctx.db
      .query("users")
      .filter((q) => q.eq(q.field("subject"), identity!.subject))
      .unique();
    await ctx.db.insert("items", { userId: user!._id, text });
  },
});

// It is not the caller's, but of somebody whose manager they are.
export const assign = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const identity = await ctx.auth.getUserIdentity();
    const report = await ctx.db
      .query("users")
      .filter((q) => q.eq(q.field("manager"), identity!.subject))
      .first();
    await ctx.db.insert("items", { userId: report!._id, text });
  },
});
