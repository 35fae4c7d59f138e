import { authedMutation, authedQuery } from "./lib/functions";
import { userTables } from "./schema/users";

const { theme, language, defaultModel, chat, notifications } =
  userTables.userPreferences.validator.fields;

/** The user's preferences, or null before the first change. */
export const mine = authedQuery({
  args: {},
  handler: async (ctx) =>
    await ctx.db
      .query("userPreferences")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .unique(),
});

/** Changes the preferences that are given. */
export const set = authedMutation({
  args: { theme, language, defaultModel, chat, notifications },
  handler: async (ctx, changes) => {
    const now = Date.now();
    const preferences = await ctx.db
      .query("userPreferences")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .unique();
    if (preferences !== null) {
      await ctx.db.patch("userPreferences", preferences._id, {
        ...changes,
        updatedAt: now,
      });
      return preferences._id;
    }
    return await ctx.db.insert("userPreferences", {
      ...changes,
      userId: ctx.user._id,
      createdAt: now,
      updatedAt: now,
    });
  },
});
