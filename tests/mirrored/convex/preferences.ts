import { v } from "convex/values";
import { internalMutation, mutation } from "./_generated/server";
import { requireUser } from "./lib/auth";

export const set = mutation({
  args: { key: v.string(), value: v.any() },
  returns: v.null(),
  handler: async (ctx, { key, value }) => {
    const user = await requireUser(ctx);
    const row = await ctx.db
      .query("userPreferences")
      .withIndex("by_user_key", (q) => q.eq("userId", user._id).eq("key", key))
      .unique();
    if (row) await ctx.db.patch(row._id, { value });
    else
      await ctx.db.insert("userPreferences", {
        userId: user._id,
        key,
        value,
        changedFrom: "the settings page",
      });
    return null;
  },
});

export const give = internalMutation({
  args: {
    to: v.id("users"),
    by: v.id("users"),
    title: v.string(),
    points: v.int64(),
  },
  returns: v.id("badges"),
  handler: async (ctx, { to, by, title, points }) =>
    await ctx.db.insert("badges", { userId: to, givenBy: by, title, points }),
});
