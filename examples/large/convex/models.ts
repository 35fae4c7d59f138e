import { v } from "convex/values";
import { query } from "./_generated/server";
import { getCurrentUser } from "./lib/auth";
import { isFeatureOn } from "./lib/flags";

export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    const active = await ctx.db
      .query("models")
      .withIndex("by_status", (q) => q.eq("status", "active"))
      .collect();
    if (!user || !(await isFeatureOn(ctx, "beta-models", user._id))) {
      return active;
    }
    const beta = await ctx.db
      .query("models")
      .withIndex("by_status", (q) => q.eq("status", "beta"))
      .collect();
    return [...active, ...beta];
  },
});

export const get = query({
  args: { slug: v.string() },
  handler: async (ctx, { slug }) =>
    await ctx.db
      .query("models")
      .withIndex("by_slug", (q) => q.eq("slug", slug))
      .unique(),
});

/** How often each won a comparison. */
export const ranking = query({
  args: {},
  handler: async (ctx) => {
    const wins: Record<string, number> = {};
    const losses: Record<string, number> = {};
    for await (const vote of ctx.db.query("modelVotes")) {
      wins[vote.winner] = (wins[vote.winner] ?? 0) + 1;
      losses[vote.loser] = (losses[vote.loser] ?? 0) + 1;
    }
    const all = new Set([...Object.keys(wins), ...Object.keys(losses)]);
    return [...all]
      .map((model) => {
        const won = wins[model] ?? 0;
        return { model, won, share: won / (won + (losses[model] ?? 0)) };
      })
      .sort((a, b) => b.share - a.share);
  },
});
