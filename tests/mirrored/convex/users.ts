import { v } from "convex/values";
import { internalMutation, mutation } from "./_generated/server";
import { requireUser } from "./lib/auth";

export const register = internalMutation({
  args: { subject: v.string(), name: v.string(), email: v.string() },
  returns: v.id("users"),
  handler: async (ctx, given) =>
    await ctx.db.insert("users", { ...given, bio: "likes notes", plan: "free" }),
});

export const upgrade = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    await ctx.db.patch(user._id, { plan: "pro" });
    return null;
  },
});

/** As somebody else does it, whose calls the service doesn't see. */
export const ban = internalMutation({
  args: { user: v.id("users") },
  returns: v.null(),
  handler: async (ctx, { user }) => {
    await ctx.db.patch(user, { bannedAt: 1 });
    return null;
  },
});

export const pardon = internalMutation({
  args: { user: v.id("users") },
  returns: v.null(),
  handler: async (ctx, { user }) => {
    await ctx.db.patch(user, { bannedAt: undefined });
    return null;
  },
});
