import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";

/** All that a table holds; for tests. */
export const peek = internalQuery({
  args: { table: v.string() },
  handler: async (ctx, { table }) =>
    await ctx.db.query(table as "users").collect(),
});

/** How much of what was scheduled has yet to end. */
export const underWay = internalQuery({
  args: {},
  returns: v.number(),
  handler: async (ctx) => {
    const jobs = await ctx.db.system.query("_scheduled_functions").collect();
    const isUnderWay = (kind: string) =>
      kind === "pending" || kind === "inProgress";
    return jobs.filter(({ state }) => isUnderWay(state.kind)).length;
  },
});

/** As somebody else would, past the service. */
export const choose = internalMutation({
  args: { userId: v.id("users"), tone: v.string() },
  returns: v.null(),
  handler: async (ctx, { userId, tone }) => {
    const chosen = await ctx.db
      .query("userPreferences")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .unique();
    if (chosen) await ctx.db.patch(chosen._id, { tone });
    else
      await ctx.db.insert("userPreferences", { userId, model: "small", tone });
    return null;
  },
});
