import { v } from "convex/values";
import { adminQuery } from "../lib/functions";

/** What a day has cost, over all users. */
export const costOfDay = adminQuery({
  args: { date: v.string() },
  handler: async (ctx, { date }) => {
    const rows = await ctx.db
      .query("tokenUsage")
      .filter((q) => q.eq(q.field("date"), date))
      .collect();
    return {
      users: new Set(rows.map((row) => row.userId)).size,
      cost: rows.reduce((sum, row) => sum + row.cost, 0),
    };
  },
});

/** Who spent most, with their addresses. */
export const spenders = adminQuery({
  args: { since: v.string() },
  handler: async (ctx, { since }) => {
    const costs = new Map<string, number>();
    const users = await ctx.db.query("users").take(500);
    for (const user of users) {
      const rows = await ctx.db
        .query("tokenUsage")
        .withIndex("by_user_date", (q) =>
          q.eq("userId", user._id).gte("date", since),
        )
        .collect();
      costs.set(
        user.email,
        rows.reduce((sum, row) => sum + row.cost, 0),
      );
    }
    return [...costs].sort((a, b) => b[1] - a[1]).slice(0, 20);
  },
});

/** How many people are on each plan. */
export const plans = adminQuery({
  args: {},
  handler: async (ctx) => {
    const counts = { free: 0, pro: 0, team: 0 };
    for await (const user of ctx.db.query("users")) counts[user.plan] += 1;
    return counts;
  },
});
