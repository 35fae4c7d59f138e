import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, internalQuery, query } from "./_generated/server";
import { getUser, getUserOrNull } from "./lib/auth";
import { authedMutation, authedQuery } from "./lib/functions";

/** The user who calls, or null where nobody is signed in. */
export const me = query({
  args: {},
  handler: async (ctx) => await getUserOrNull(ctx),
});

/** Oneself; for an admin, anybody. */
export const get = authedQuery({
  args: { id: v.id("users") },
  handler: async (ctx, { id }) =>
    id === ctx.user._id || ctx.user.role === "admin"
      ? await ctx.db.get("users", id)
      : null,
});

export const update = authedMutation({
  args: { name: v.optional(v.string()), imageUrl: v.optional(v.string()) },
  handler: async (ctx, changes) => {
    await ctx.db.patch("users", ctx.user._id, {
      ...changes,
      updatedAt: Date.now(),
    });
  },
});

/** The user who calls, for actions. */
export const current = internalQuery({
  args: {},
  handler: async (ctx) => await getUser(ctx),
});

/** Takes over what the auth provider says of a user. */
export const upsert = internalMutation({
  args: {
    subject: v.string(),
    email: v.string(),
    name: v.string(),
    imageUrl: v.optional(v.string()),
  },
  handler: async (ctx, profile) => {
    const user = await ctx.db
      .query("users")
      .withIndex("by_subject", (q) => q.eq("subject", profile.subject))
      .unique();
    const now = Date.now();
    if (user !== null) {
      await ctx.db.patch("users", user._id, { ...profile, updatedAt: now });
      return user._id;
    }
    return await ctx.db.insert("users", {
      ...profile,
      createdAt: now,
      updatedAt: now,
    });
  },
});

/** Deletes an account, its settings and its conversations. */
export const remove = internalMutation({
  args: { subject: v.string() },
  handler: async (ctx, { subject }) => {
    const user = await ctx.db
      .query("users")
      .withIndex("by_subject", (q) => q.eq("subject", subject))
      .unique();
    if (user === null) return;
    for (const table of [
      "userPreferences",
      "userOnboarding",
      "userStats",
    ] as const) {
      const rows = ctx.db
        .query(table)
        .withIndex("by_user", (q) => q.eq("userId", user._id));
      for await (const row of rows) await ctx.db.delete(table, row._id);
    }
    await ctx.db.delete("users", user._id);
    await ctx.scheduler.runAfter(0, internal.conversations.purge, {
      userId: user._id,
    });
  },
});
