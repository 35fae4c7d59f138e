import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { audit, notify } from "../lib/activity";
import { adminMutation, adminQuery } from "../lib/functions";

export const list = adminQuery({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) =>
    await ctx.db.query("users").order("desc").paginate(paginationOpts),
});

/** One user, with how much they have. */
export const details = adminQuery({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const user = await ctx.db.get(userId);
    if (!user) return null;
    const conversations = await ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .collect();
    const files = await ctx.db
      .query("files")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .collect();
    const subscription = await ctx.db
      .query("subscriptions")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .first();
    return {
      user,
      subscription,
      conversations: conversations.length,
      bytes: files.reduce((sum, file) => sum + file.size, 0),
    };
  },
});

export const setRole = adminMutation({
  args: {
    userId: v.id("users"),
    role: v.union(v.literal("user"), v.literal("admin")),
  },
  handler: async (ctx, { userId, role }) => {
    if (userId === ctx.admin._id) throw new Error("Not your own role");
    await ctx.db.patch(userId, { role, updatedAt: Date.now() });
    await audit(ctx, ctx.admin._id, "users.role", userId, { role });
  },
});

export const setBanned = adminMutation({
  args: { userId: v.id("users"), banned: v.boolean(), reason: v.string() },
  handler: async (ctx, { userId, banned, reason }) => {
    const bannedAt = banned ? Date.now() : undefined;
    await ctx.db.patch(userId, { bannedAt });
    await audit(ctx, ctx.admin._id, "users.ban", userId, { banned, reason });
    await notify(ctx, userId, {
      kind: "system",
      title: banned ? "Your account is suspended" : "Your account is back",
      body: reason,
    });
  },
});

export const setPlan = adminMutation({
  args: {
    userId: v.id("users"),
    plan: v.union(v.literal("free"), v.literal("pro"), v.literal("team")),
  },
  handler: async (ctx, { userId, plan }) => {
    await ctx.db.patch(userId, { plan, updatedAt: Date.now() });
    await audit(ctx, ctx.admin._id, "users.plan", userId, { plan });
  },
});
